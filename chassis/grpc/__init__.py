"""gRPC as every service speaks it."""
