"""Kafka as every service uses it: at-least-once, dead letters for what cannot be read, never in a request's way."""
