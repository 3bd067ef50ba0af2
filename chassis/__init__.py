"""How any service runs: what is the same in all five, so that a service holds only its own work."""
