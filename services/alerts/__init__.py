"""alerts: turns conditions into notifications that somebody acts on."""
