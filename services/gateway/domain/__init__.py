"""What the gateway reasons about: plain values and rules."""
