"""What translating costs."""
