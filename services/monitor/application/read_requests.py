"""Shows finished requests: the newest first, or one with all that is known of it."""

from collections.abc import Sequence

from resilience.errors import Failure, Reason
from services.monitor.application.ports import LedgerReader
from services.monitor.domain.ledger import Detail, Entry, Position, RequestFilter


class ReadRequests:
    """Reads the ledger's entries."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger

    async def page(
        self, which: RequestFilter, *, after: Position | None, size: int
    ) -> tuple[Sequence[Entry], Position | None]:
        """`size` requests behind `after`, and where the next page begins; None behind the last."""
        found = await self._ledger.entries(which, after=after, limit=size + 1)
        shown = found[:size]
        if len(found) <= size:
            return shown, None
        last = shown[-1]
        finished = last.started_at + last.duration
        return shown, Position(round(finished.timestamp() * 1000), last.request_id)

    async def one(self, organization: str, request_id: str) -> Detail:
        """Raises Failure(NOT_FOUND)."""
        detail = await self._ledger.detail(organization, request_id)
        if detail is None:
            raise Failure(
                Reason.NOT_FOUND, f"There is no request {request_id!r} in the ledger; a new one takes a second or two."
            )
        return detail
