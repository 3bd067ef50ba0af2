"""What happened, and what it tells: the ledger, the statistics and the verdicts."""
