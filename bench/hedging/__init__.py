"""Hedging simulated: what spare calls take off the tail, and what they cost."""
