"""The OpenAPI document: that it is one, that it is true, and that it only grows."""
