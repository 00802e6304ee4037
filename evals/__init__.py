"""Datasets, metrics, gates and benchmarks; only the command line imports this."""
