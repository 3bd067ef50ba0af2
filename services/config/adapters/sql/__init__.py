"""The store in PostgreSQL or SQLite."""
