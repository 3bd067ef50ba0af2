"""Events in: batches of finished requests, and of what became of breakers."""

from collections.abc import Sequence

from events.breakers import BreakerChanged
from events.cloudevents import Received
from events.requests import RequestFinished
from resilience.clock import Clock
from services.monitor import metrics
from services.monitor.application.record_breakers import RecordBreakers
from services.monitor.application.record_requests import RecordRequests
from services.monitor.domain.ledger import finished_at


class RequestsConsumer:
    """What the consumer of `seawall.requests.v1` calls. The same batch may come twice: see RecordRequests."""

    def __init__(self, record: RecordRequests, clock: Clock) -> None:
        self._record = record
        self._clock = clock

    async def __call__(self, batch: Sequence[Received[RequestFinished]]) -> None:
        """Record a batch. Raises Failure(retryable) while storage is away, ValueError for what cannot be recorded."""
        began = self._clock.monotonic()
        new = await self._record([event.data for event in batch])
        metrics.record_duration.record(self._clock.monotonic() - began)
        metrics.recorded.add(len(new), {"outcome": "new"})
        metrics.recorded.add(len(batch) - len(new), {"outcome": "duplicate"})
        now = self._clock.now()
        for request in new:
            metrics.ledger_lag.record(max((now - finished_at(request)).total_seconds(), 0.0))


class BreakersConsumer:
    """What the consumer of `seawall.breakers.v1` calls. The same batch may come twice: see RecordBreakers."""

    def __init__(self, record: RecordBreakers) -> None:
        self._record = record

    async def __call__(self, batch: Sequence[Received[BreakerChanged]]) -> None:
        """Record a batch. Raises Failure(retryable) while storage is away."""
        await self._record([event.data for event in batch])
