"""Alerts, receivers and deliveries in SQLite and PostgreSQL."""
