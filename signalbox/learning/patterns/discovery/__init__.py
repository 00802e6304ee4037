"""Discovery: from the cases of a log to a sound, block-structured template."""
