"""Prompt files. A changed prompt is a new file with a new number: ``routing-2.md``."""
