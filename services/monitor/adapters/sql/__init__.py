"""The ledger, the statistics and the verdicts in SQLite or PostgreSQL."""
