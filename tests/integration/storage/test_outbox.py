"""The outbox and its relay, the same on both databases."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
import structlog
from sqlmodel import select
from structlog.testing import capture_logs

from chassis.storage.database import Database
from chassis.storage.migrate import migrate
from chassis.storage.outbox import Outbox, OutboxRelay, enqueue
from events.cloudevents import Record
from resilience.clock import Clock, SystemClock, VirtualClock
from resilience.errors import Failure, Reason
from tests.integration.storage.things import SCHEMA, VERSIONS, Thing, count, names
from tests.stack.eventually import eventually


def record(number: int, key: str = "k") -> Record:
    return Record(
        "seawall.test.v1", key.encode(), str(number).encode(), {"ce_id": str(number), "traceparent": "00-a-b-01"}
    )


class Bus:
    """Keeps what is published, and is down when told to be."""

    def __init__(self) -> None:
        self.sent: list[Record] = []
        self.down = False
        self.tries = 0

    async def publish(self, records: Sequence[Record]) -> None:
        self.tries += 1
        if self.down:
            raise Failure(Reason.UNAVAILABLE, "The bus is down.", retryable=True)
        await asyncio.sleep(0.001)
        self.sent += records

    @property
    def numbers(self) -> list[int]:
        return [int(sent.value) for sent in self.sent]


@asynccontextmanager
async def relaying(
    db: Database,
    publish: Callable[[Sequence[Record]], Awaitable[None]],
    clock: Clock | None = None,
    *,
    batch: int = 500,
) -> AsyncIterator[OutboxRelay]:
    relay = OutboxRelay(
        db,
        publish,
        clock or SystemClock(),
        rng=random.Random(1),
        poll_interval=0.05 if clock is None else 0.5,
        batch=batch,
    )
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def send(db: Database, *numbers: int) -> None:
    async with db.transaction() as session:
        await enqueue(session, *(record(number) for number in numbers))


async def test_committed_record_is_published_as_it_was_and_then_forgotten(db: Database) -> None:
    bus = Bus()
    await send(db, 1)
    async with relaying(db, bus.publish):
        await eventually(lambda: bus.sent)
        await eventually(lambda: _empty(db))
    assert bus.sent == [record(1)]


async def test_record_of_an_undone_transaction_is_never_published(db: Database) -> None:
    async def fail() -> None:
        async with db.transaction() as session:
            session.add(Thing(name="a"))
            await enqueue(session, record(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await names(db) == []
    assert await count(db, Outbox) == 0


async def test_records_go_out_in_the_order_of_their_commits(db: Database) -> None:
    bus = Bus()
    async with relaying(db, bus.publish, batch=7):
        for first in range(0, 100, 4):
            await send(db, *range(first, first + 4))
        await eventually(lambda: len(bus.sent) == 100)
    assert bus.numbers == list(range(100))


async def test_transactions_that_overlap_are_published_in_the_order_of_their_commits(db: Database, url: str) -> None:
    """Numbers are given out before the commit: without the lock a reader could pass the smaller one by."""
    async with Database(url, schema=SCHEMA) as other:
        first_is_in = asyncio.Event()
        go_on = asyncio.Event()

        async def slow() -> None:
            async with db.transaction() as session:
                await enqueue(session, record(1))
                first_is_in.set()
                await go_on.wait()

        slow_one = asyncio.create_task(slow())
        await first_is_in.wait()
        quick_one = asyncio.create_task(send(other, 2))
        done, _ = await asyncio.wait({quick_one}, timeout=0.3)
        assert not done
        go_on.set()
        await asyncio.gather(slow_one, quick_one)
    async with db.read() as session:
        rows = (await session.exec(select(Outbox).order_by("id"))).all()
    assert [row.value for row in rows] == [b"1", b"2"]


async def test_bus_that_is_down_loses_nothing_and_keeps_the_order(db: Database) -> None:
    bus = Bus()
    bus.down = True
    await send(db, 1, 2)
    async with relaying(db, bus.publish):
        await eventually(lambda: bus.tries >= 3)
        await send(db, 3)
        bus.down = False
        await eventually(lambda: len(bus.sent) == 3)
        await eventually(lambda: _empty(db))
    assert bus.numbers == [1, 2, 3]


async def test_outage_is_logged_once_and_its_end_once(db: Database) -> None:
    structlog.reset_defaults()
    bus = Bus()
    bus.down = True
    await send(db, 1)
    with capture_logs() as lines:
        async with relaying(db, bus.publish):
            await eventually(lambda: bus.tries >= 4)
            bus.down = False
            await eventually(lambda: _empty(db))
            await eventually(lambda: len(_lines(lines)) == 2)
    assert _lines(lines) == ["the outbox waits", "the outbox flows again"]


async def test_records_that_were_not_acknowledged_are_published_again(db: Database) -> None:
    bus = Bus()
    crashed = False

    async def publish(records: Sequence[Record]) -> None:
        nonlocal crashed
        await bus.publish(records)
        if not crashed:
            crashed = True
            raise Failure(Reason.UNAVAILABLE, "The acknowledgement was lost.", retryable=True)

    await send(db, 1, 2)
    async with relaying(db, publish):
        await eventually(lambda: _empty(db))
    assert bus.numbers == [1, 2, 1, 2]


async def test_failure_that_cannot_pass_ends_the_relay_and_loses_nothing(db: Database) -> None:
    async def publish(_records: Sequence[Record]) -> None:
        raise Failure(Reason.INTERNAL, "Never.")

    await send(db, 1)
    with pytest.raises(Failure, match="Never"):
        await OutboxRelay(db, publish, SystemClock()).run()
    assert await count(db, Outbox) == 1


async def test_relay_cancelled_while_it_publishes_keeps_the_records(db: Database) -> None:
    started = asyncio.Event()

    async def publish(_records: Sequence[Record]) -> None:
        started.set()
        await asyncio.Event().wait()

    await send(db, 1)
    async with relaying(db, publish):
        await started.wait()
        await send(db, 2)  # Whoever commits is not held up by a bus that hangs.
    assert await count(db, Outbox) == 2


async def test_nudged_relay_does_not_wait_for_its_poll(db: Database) -> None:
    bus = Bus()
    clock = VirtualClock()
    async with relaying(db, bus.publish, clock) as relay:
        await send(db, 1)
        relay.nudge()
        await eventually(lambda: bus.numbers == [1])
        await send(db, 2)
        relay.nudge()
        await eventually(lambda: bus.numbers == [1, 2])
    assert clock.monotonic() == 0.0


async def test_relay_finds_by_itself_what_another_replica_left(db: Database) -> None:
    bus = Bus()
    clock = VirtualClock()

    async def found() -> bool:
        await clock.advance(0.5)
        return bus.numbers == [1]

    async with relaying(db, bus.publish, clock):
        await send(db, 1)
        await eventually(found)


@pytest.mark.postgres
async def test_three_replicas_publish_each_record_once_and_in_order(database: str) -> None:
    bus = Bus()
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(Database(database, schema=SCHEMA)) for _ in range(3)]
        await migrate(replicas[0], VERSIONS, SystemClock())
        relays = [await stack.enter_async_context(relaying(each, bus.publish, batch=5)) for each in replicas]
        for first in range(0, 200, 2):
            await send(replicas[first % 3], first, first + 1)
            for relay in relays:
                relay.nudge()
        await eventually(lambda: _empty(replicas[0]))
    assert bus.numbers == list(range(200))


async def _empty(db: Database) -> bool:
    return await count(db, Outbox) == 0


def _lines(lines: Sequence[object]) -> list[str]:
    return [line["event"] for line in lines if isinstance(line, dict) and "outbox" in line["event"]]
