"""A digital twin out of an event log: what each part of a process is, as the log tells it."""
