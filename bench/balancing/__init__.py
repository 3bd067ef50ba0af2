"""Balancing simulated: how near our choice of targets comes to one that sees their queues."""
