"""What monitor does, one module per verb."""
