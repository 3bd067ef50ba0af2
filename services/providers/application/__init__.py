"""What is done with a call: one module per verb."""
