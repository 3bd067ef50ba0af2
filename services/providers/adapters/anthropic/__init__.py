"""Anthropic's Messages API, as Anthropic and those compatible with it speak it."""
