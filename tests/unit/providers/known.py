"""The vendors that there are, at a time that stands still."""

from datetime import UTC, datetime

from services.providers.adapters.vendors import known_vendors

NOW = datetime(2026, 11, 21, tzinfo=UTC)
VENDORS = known_vendors(max_event=100_000, now=lambda: NOW)
