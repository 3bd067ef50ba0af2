"""The phases, one module for each kind of load."""
