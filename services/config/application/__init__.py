"""What this service does, one module a verb."""
