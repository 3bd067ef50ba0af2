"""What an alert, a receiver and a delivery are, and how each changes: pure, no I/O."""
