"""Profiles of services, as people and their tools look at them."""
