"""Event logs: what happened to which case when, as read from a file."""
