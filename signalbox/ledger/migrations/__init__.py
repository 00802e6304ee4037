"""Alembic migrations, packaged so that every start-up can run them."""
