"""The wire formats that simulated vendors speak; each renders answers for `simulator.delivery` to send."""
