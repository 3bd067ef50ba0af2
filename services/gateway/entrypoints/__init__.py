"""How callers reach the gateway."""
