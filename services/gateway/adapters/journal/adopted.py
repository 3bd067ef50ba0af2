"""Journals that workers left which are no more: shipped by one that is there, and then forgotten."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from events.cloudevents import Record
from resilience.clock import Clock
from services.gateway.adapters.journal.journal import Journal
from services.gateway.adapters.journal.lock import JournalTakenError
from services.gateway.adapters.journal.shipper import Shipper

log = structlog.stdlib.get_logger("journal")

PAUSE = 5.0
"""Seconds until a journal is tried again that its worker, about to stop, still has open."""
_NO_LIMIT = 2**62
"""Nothing is appended to an adopted journal, so nothing bounds it."""


class AdoptedJournals:
    """Ships what is in `directories`, one after the other, and deletes each that is empty and undamaged then."""

    def __init__(
        self,
        directories: Sequence[Path],
        publish: Callable[[Sequence[Record]], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._directories = directories
        self._publish = publish
        self._clock = clock

    async def run(self) -> None:
        """Return once nothing is left; what cannot be read stays where it is, and the log says so."""
        for directory in self._directories:
            try:
                await self._ship(directory)
            except OSError as error:
                log.error("a journal of a former worker cannot be shipped", directory=str(directory), error=repr(error))  # noqa: TRY400 - the trace says nothing more

    async def _ship(self, directory: Path) -> None:
        while True:
            with suppress(JournalTakenError):
                async with Journal(directory, max_bytes=_NO_LIMIT, clock=self._clock) as journal:
                    records = journal.waiting
                    shipping = asyncio.create_task(Shipper(journal, self._publish, self._clock).run())
                    emptied = asyncio.create_task(journal.emptied())
                    try:
                        await asyncio.wait([shipping, emptied], return_when=asyncio.FIRST_COMPLETED)
                        if shipping.done():
                            await shipping
                    finally:
                        for task in (shipping, emptied):
                            task.cancel()
                        await asyncio.gather(shipping, emptied, return_exceptions=True)
                    await asyncio.to_thread(_delete, directory)  # while its lock is held
                log.info("a former worker's journal is shipped", directory=str(directory), records=records)
                return
            await self._clock.sleep(PAUSE)


def left_behind(data_dir: Path, workers: int) -> list[Path]:
    """Journals below `data_dir` that none of so many workers calls its own; one alone has its journal in the root."""
    own = {data_dir / f"worker-{number}" for number in range(workers)} if workers > 1 else {data_dir}
    homes = [data_dir, *sorted(data_dir.glob("worker-*"))]
    return [home / "journal" for home in homes if home not in own and (home / "journal").is_dir()]


def _delete(directory: Path) -> None:
    if not any(directory.glob("*.corrupt")):  # somebody should look at those
        shutil.rmtree(directory)
