"""What the service does, one module per verb; what it needs from outside is in ports.py."""
