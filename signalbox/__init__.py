"""Signalbox: an intelligent workflow engine where models propose and rules dispose."""

__version__ = "0.1.0"
