"""The journal as the gateway uses it: appends, room, shipping."""

import asyncio
import os
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from events.cloudevents import Record
from resilience.clock import SystemClock, VirtualClock
from resilience.errors import Failure, Reason
from services.gateway.adapters.journal import Journal, Shipper, frame
from services.gateway.adapters.journal.shipper import GATHER
from services.gateway.adapters.journal.store import BATCH_RECORDS
from tests.unit.gateway.journal_records import ids, read_all, record, set_aside

ROOMY = 1 << 24


class Kafka:
    """Takes records, or refuses them while it is away."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.batches: list[int] = []
        self.away = False
        self.tries = 0

    async def publish(self, records: Sequence[Record]) -> None:
        self.tries += 1
        await asyncio.sleep(0)
        if self.away:
            raise Failure(Reason.UNAVAILABLE, "away", retryable=True)
        self.records += records
        self.batches.append(len(records))


@contextmanager
def journal_writes(directory: Path) -> Iterator[list[int]]:
    """The sizes of the system calls that write to the journal's files in `directory` meanwhile."""
    sizes: list[int] = []
    real = os.write

    def noting(file: int, data: Any) -> int:
        if Path(f"/proc/self/fd/{file}").resolve().parent == directory.resolve():
            sizes.append(len(data))
        return real(file, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", noting)
        yield sizes


@pytest.mark.parametrize("fsync", [False, True])
async def test_concurrent_appends_are_kept_in_order(tmp_path: Path, fsync: bool) -> None:
    async with Journal(tmp_path, max_bytes=ROOMY, clock=SystemClock(), fsync=fsync) as journal:
        await asyncio.gather(*(journal.append(record(number)) for number in range(200)))
        assert journal.waiting == 200
    assert ids(read_all(tmp_path)) == list(range(200))


async def test_an_append_is_one_write_and_waits_for_nothing(tmp_path: Path) -> None:
    async with Journal(tmp_path, max_bytes=ROOMY, clock=SystemClock()) as journal:
        for number in range(64):
            with journal_writes(tmp_path) as written, pytest.raises(StopIteration):
                journal.append(record(number)).__await__().__next__()
            assert written == [len(frame.encode(record(number), 1.0))]
    assert ids(read_all(tmp_path)) == list(range(64))


async def test_what_is_appended_while_the_disk_is_busy_is_one_write(tmp_path: Path) -> None:
    async with Journal(tmp_path, max_bytes=ROOMY, clock=SystemClock(), fsync=True) as journal:
        with journal_writes(tmp_path) as written:
            await asyncio.gather(*(journal.append(record(number)) for number in range(64)))
    assert len(written) == 1
    assert ids(read_all(tmp_path)) == list(range(64))


async def test_a_caller_that_leaves_neither_loses_its_record_nor_disturbs_others(tmp_path: Path) -> None:
    async with Journal(tmp_path, max_bytes=ROOMY, clock=SystemClock(), fsync=True) as journal:
        tasks = [asyncio.create_task(journal.append(record(number))) for number in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), asyncio.CancelledError, type(None)]
    assert ids(read_all(tmp_path)) == [0, 1, 2]


async def test_full_is_told_before_append_fails_and_passes_when_records_are_shipped(tmp_path: Path) -> None:
    size = len(frame.encode(record(1000), 1.0))
    kafka = Kafka()
    async with Journal(tmp_path, max_bytes=32 * size, clock=SystemClock()) as journal:
        kept = 0
        while not journal.full:
            await journal.append(record(1000))
            kept += 1
        assert kept == 30
        await journal.append(record(1000))
        await journal.append(record(1000))
        with pytest.raises(Failure) as refused:
            await journal.append(record(1000))
        assert refused.value.reason is Reason.OVERLOADED
        assert refused.value.retryable
        shipping = asyncio.create_task(Shipper(journal, kafka.publish, SystemClock()).run())
        async with asyncio.timeout(5):
            await journal.emptied()
        assert not journal.full
        assert journal.room == 32 * size
        shipping.cancel()
    assert len(kafka.records) == 32


async def test_room_counts_what_is_not_written_yet(tmp_path: Path) -> None:
    size = len(frame.encode(record(10), 1.0))
    async with Journal(tmp_path, max_bytes=3 * size, clock=SystemClock()) as journal:
        outcomes = await asyncio.gather(*(journal.append(record(10)) for _ in range(5)), return_exceptions=True)
        assert [isinstance(outcome, Failure) for outcome in outcomes] == [False, False, False, True, True]


async def test_a_record_too_large_for_kafka_is_refused(tmp_path: Path) -> None:
    async with Journal(tmp_path, max_bytes=ROOMY, clock=SystemClock()) as journal:
        with pytest.raises(Failure) as refused:
            await journal.append(record(1, size=1_000_000))
        assert refused.value.reason is Reason.REQUEST_TOO_LARGE
        assert journal.waiting == 0


async def test_a_disk_that_takes_no_more_refuses_and_is_used_again_when_it_does(tmp_path: Path) -> None:
    clock = VirtualClock()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with Journal(tmp_path, max_bytes=ROOMY, clock=clock) as journal:
        await journal.append(record(0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (300, before[1]))  # writes beyond are cut short, then fail
        try:
            with pytest.raises(Failure) as refused:
                await journal.append(record(1, size=1000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert refused.value.reason is Reason.OVERLOADED
        assert journal.full
        await clock.advance(1.5)
        assert not journal.full
        await journal.append(record(2))
        batch = journal.read()
        assert batch
        assert ids(batch.records) == [0, 2]
    assert ids(read_all(tmp_path)) == [0, 2]
    assert not set_aside(tmp_path), "half of the failed write was left"


async def test_a_closed_journal_refuses(tmp_path: Path) -> None:
    async with Journal(tmp_path, max_bytes=ROOMY, clock=SystemClock()) as journal:
        pass
    with pytest.raises(Failure):
        await journal.append(record(0))


async def test_shipping_gathers_what_comes_within_moments(tmp_path: Path) -> None:
    clock, kafka = VirtualClock(), Kafka()
    async with Journal(tmp_path, max_bytes=ROOMY, clock=clock) as journal:
        shipping = asyncio.create_task(Shipper(journal, kafka.publish, clock).run())
        for number in range(10):
            await journal.append(record(number))
            await clock.advance(GATHER / 20)
        await clock.advance(GATHER)
        assert kafka.batches == [10]
        shipping.cancel()


async def test_what_comes_while_a_batch_is_shipped_is_gathered_too(tmp_path: Path) -> None:
    clock, kafka = VirtualClock(), Kafka()
    async with Journal(tmp_path, max_bytes=ROOMY, clock=clock) as journal:

        async def publish(records: Sequence[Record]) -> None:
            if not kafka.batches:
                for number in range(10, 13):
                    await journal.append(record(number))
            await kafka.publish(records)

        shipping = asyncio.create_task(Shipper(journal, publish, clock).run())
        for number in range(10):
            await journal.append(record(number))
        await clock.advance(GATHER)
        assert kafka.batches == [10]
        await journal.append(record(13))
        await clock.advance(GATHER)
        assert kafka.batches == [10, 4]
        shipping.cancel()


async def test_a_backlog_is_shipped_without_a_pause(tmp_path: Path) -> None:
    clock, kafka = VirtualClock(), Kafka()
    async with Journal(tmp_path, max_bytes=ROOMY, clock=clock) as journal:
        for number in range(4 * BATCH_RECORDS):
            await journal.append(record(number))
        shipping = asyncio.create_task(Shipper(journal, kafka.publish, clock).run())
        await clock.advance(GATHER)
        assert kafka.batches == [BATCH_RECORDS] * 4
        shipping.cancel()


async def test_nothing_is_lost_or_reordered_while_kafka_is_away(tmp_path: Path) -> None:
    clock, kafka = VirtualClock(), Kafka()
    async with Journal(tmp_path, max_bytes=ROOMY, clock=clock) as journal:
        kafka.away = True
        shipping = asyncio.create_task(Shipper(journal, kafka.publish, clock).run())
        for number in range(1200):
            await journal.append(record(number))
        await clock.advance(60)
        assert 25 < kafka.tries < 200
        assert journal.waiting == 1200
        kafka.away = False
        await clock.advance(3)
        assert ids(kafka.records) == list(range(1200))
        assert journal.waiting == 0
        assert journal.oldest is None
        shipping.cancel()


async def test_draining_ships_what_waits(tmp_path: Path) -> None:
    kafka = Kafka()
    async with Journal(tmp_path, max_bytes=ROOMY, clock=SystemClock()) as journal:
        shipper = Shipper(journal, kafka.publish, SystemClock())
        shipping = asyncio.create_task(shipper.run())
        for number in range(20):
            await journal.append(record(number))
        await shipper.drain(5.0)
        assert ids(kafka.records) == list(range(20))
        assert shipping.done()


async def test_draining_does_not_wait_for_more_to_come(tmp_path: Path) -> None:
    clock, kafka = VirtualClock(), Kafka()  # the clock stands still: what is gathered for stays so
    async with Journal(tmp_path, max_bytes=ROOMY, clock=clock) as journal:
        shipper = Shipper(journal, kafka.publish, clock)
        shipping = asyncio.create_task(shipper.run())
        for number in range(20):
            await journal.append(record(number))
        await asyncio.sleep(0)
        await shipper.drain(5.0)
        assert ids(kafka.records) == list(range(20))
        assert shipping.done()


async def test_draining_leaves_to_the_next_start_what_kafka_does_not_take(tmp_path: Path) -> None:
    kafka = Kafka()
    kafka.away = True
    async with Journal(tmp_path, max_bytes=ROOMY, clock=SystemClock()) as journal:
        shipper = Shipper(journal, kafka.publish, SystemClock())
        shipping = asyncio.create_task(shipper.run())
        await journal.append(record(7))
        await shipper.drain(0.1)
        assert shipping.done()
    assert ids(read_all(tmp_path)) == [7]
