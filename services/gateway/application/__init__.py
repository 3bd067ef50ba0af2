"""What the gateway does: the stages of one request."""
