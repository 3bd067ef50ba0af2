"""Appends to a journal until it is killed; prints each number once its append has returned. Run by the crash test."""

import asyncio
import itertools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from events.cloudevents import Record
from resilience.clock import SystemClock
from services.gateway.adapters.journal import Journal, Shipper
from tests.unit.gateway.journal_records import record


async def main(directory: Path, shipped: Path | None) -> None:
    clock = SystemClock()
    numbers = itertools.count()

    async with Journal(directory, max_bytes=1 << 30, segment_bytes=100_000, clock=clock) as journal:

        async def appender() -> None:
            while True:
                number = next(numbers)
                await journal.append(record(number, size=number % 300))
                os.write(1, f"{number}\n".encode())
                await asyncio.sleep(0)  # as between requests: an append waits for nothing

        async def publish(records: Sequence[Record]) -> None:
            assert shipped is not None
            with shipped.open("ab") as file:
                file.write(b"".join(item.key + b"\n" for item in records))
            await asyncio.sleep(0.001)

        async with asyncio.TaskGroup() as tasks:
            if shipped:
                tasks.create_task(Shipper(journal, publish, clock).run())
            for _ in range(16):
                tasks.create_task(appender())


asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
