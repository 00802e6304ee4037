"""Durable execution: owed work on DBOS, who is alive, and who takes over from whom."""
