"""Timeouts: one that can be moved while it runs, and how long it should be, learned from what was seen."""

from resilience.timeout.adaptive import AdaptiveTimeout
from resilience.timeout.timeout import Timeout

__all__ = ["AdaptiveTimeout", "Timeout"]
