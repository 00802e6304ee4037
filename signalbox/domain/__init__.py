"""Typed vocabulary of the engine: values and ports, no I/O."""
