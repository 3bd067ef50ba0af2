"""What a call to a vendor is made of; no I/O."""
