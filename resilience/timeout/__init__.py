"""Timeouts: how long a call may take, learned from what was seen, and waits that last no longer."""

from resilience.timeout.adaptive import AdaptiveTimeout
from resilience.timeout.patience import Patience

__all__ = ["AdaptiveTimeout", "Patience"]
