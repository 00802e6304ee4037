"""The one store of record, on SQLite or PostgreSQL."""
