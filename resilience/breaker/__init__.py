"""A breaker: whether a target is asked, learned from how it answered."""

from resilience.breaker.settings import BreakerSettings

__all__ = ["BreakerSettings"]
