"""The bodies that receivers are sent, one module per format."""
