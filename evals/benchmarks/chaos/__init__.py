"""Kills, outages and races against a real cluster of processes, and the books kept meanwhile."""
