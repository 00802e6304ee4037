"""Allocation of work on the public processes: policies side by side on the same episodes."""
