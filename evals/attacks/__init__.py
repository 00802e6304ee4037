"""Attacks: what an outsider's text, fields and requests can bring the engine to do.

The model is taken to obey the attacker; what counts is whether a forbidden transition happened.
"""
