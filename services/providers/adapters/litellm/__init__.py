"""Vendors that nothing here speaks to, by LiteLLM's SDK; it is imported where a provider is configured to need it."""
