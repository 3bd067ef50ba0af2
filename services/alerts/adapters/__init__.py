"""The ports' implementations: SQL, HTTP, and the formats that receivers read."""
