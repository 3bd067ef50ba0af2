"""Retrying: whether an attempt that failed is worth another, where, and when."""

from resilience.retry.backoff import Backoff
from resilience.retry.pace import Pace
from resilience.retry.recovery import PASSING, RECOVERIES, Recovery, counts_against_target, recovery_from, retry_delay

__all__ = [
    "PASSING",
    "RECOVERIES",
    "Backoff",
    "Pace",
    "Recovery",
    "counts_against_target",
    "recovery_from",
    "retry_delay",
]
