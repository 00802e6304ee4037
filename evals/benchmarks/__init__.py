"""Benchmarks: each measures one thing on this machine and says with what."""
