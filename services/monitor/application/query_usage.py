"""Sums the ledger for whoever asks what was used and what it cost."""

from collections.abc import Sequence

from resilience.errors import Failure, Reason
from services.monitor.application.ports import LedgerReader
from services.monitor.domain.usage import MOST_ROWS, Usage, UsageQuery


class QueryUsage:
    """Answers whole or not at all: sums that were cut off would read like the truth."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger

    async def __call__(self, query: UsageQuery) -> Sequence[Usage]:
        """The sums, by group, ascending. Raises Failure(INVALID_REQUEST) above MOST_ROWS groups."""
        rows = await self._ledger.usage(query, limit=MOST_ROWS + 1)
        if len(rows) > MOST_ROWS:
            raise Failure(
                Reason.INVALID_REQUEST,
                f"That is more than {MOST_ROWS} rows; shorten the range, or group by less.",
                detail={"field": "group_by"},
            )
        return rows
