"""How many, how fast: rate limits as pure arithmetic."""
