"""What monitor's ports are implemented with."""
