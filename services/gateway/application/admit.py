"""admit: may this project ask now? Refused before it costs anything."""

from resilience.errors import Failure, Reason
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Journal
from services.gateway.domain.limits import RateLimiter


class Admit:
    """The stage."""

    def __init__(self, limiter: RateLimiter, journal: Journal) -> None:
        self._limiter = limiter
        self._journal = journal

    async def __call__(self, exchange: Exchange) -> None:
        """Count the request against its project's limit. Raises Failure(RATE_LIMITED or OVERLOADED)."""
        principal, project = exchange.principal, exchange.project
        if self._journal.full:
            raise Failure(
                Reason.OVERLOADED,
                "The journal is full: Kafka has been away for long. Nothing is answered that could not be accounted.",
                retryable=True,
                retry_after=5.0,
            )
        if project.requests_per_minute:
            subject = f"{principal.organization}/{principal.project}"
            decision = await self._limiter.acquire(subject, project.requests_per_minute)
            exchange.limit = decision
            if not decision.allowed:
                raise Failure(
                    Reason.RATE_LIMITED,
                    f"Project {principal.project} is limited to {project.requests_per_minute} requests a minute.",
                    retryable=True,
                    retry_after=decision.retry_after,
                    detail={"limit": "requests_per_minute"},
                )
