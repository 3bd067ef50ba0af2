"""How the gateway reaches what is outside of it."""
