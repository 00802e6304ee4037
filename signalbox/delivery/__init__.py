"""Delivering what happened to those who asked for it: signed, at least once, each in its turn."""
