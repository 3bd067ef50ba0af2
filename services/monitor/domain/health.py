"""How a target did lately: its verdict beside its figures."""

from collections.abc import Mapping
from dataclasses import dataclass

from resilience.errors import Reason
from services.monitor.domain.verdict import Standing


@dataclass(frozen=True)
class Quantiles:
    """Of a duration, in milliseconds, each within 1 % of the true one."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True)
class TargetHealth:
    """The verdict that stands on a target, and the figures of the last LONG seconds."""

    standing: Standing
    attempts: int
    failures: Mapping[Reason, int]
    latency: Quantiles | None
    """Of attempts that succeeded; None where there was none."""
    first_token: Quantiles | None
    """Of streamed attempts; None where there was none."""
