"""Finished requests become ledger entries and statistics, each once, however often it is told."""

from collections.abc import Sequence

from events.requests import RequestFinished
from resilience.clock import Clock
from services.monitor.application.ports import Books
from services.monitor.domain.statistics import observe


class RecordRequests:
    """The statistics see exactly the requests that are new to the ledger: both are written in one transaction."""

    def __init__(self, books: Books, clock: Clock) -> None:
        self._books = books
        self._clock = clock

    async def __call__(self, requests: Sequence[RequestFinished]) -> Sequence[RequestFinished]:
        """Record `requests`; returns those that were new."""
        async with self._books.opened() as books:
            new = await books.enter(requests)
            await books.note(observe(new, self._clock.now()))
        return new
