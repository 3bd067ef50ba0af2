"""Tokens of OAuth 2.0 that are got with a credential."""
