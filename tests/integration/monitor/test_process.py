"""Monitor as it runs: a process between Apache Kafka and a database, killed, cut off and fed with rubbish."""

import asyncio
import random
import time
import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec import structs
from sqlmodel import select

from chassis.storage.database import Database
from events.base import Money, Tokens
from events.cloudevents import Record, decode
from events.health import Verdict
from events.requests import RequestFinished
from events.topics import HEALTH, REQUESTS
from resilience.errors import Failure, Reason
from seawall.monitor.v1 import monitor_pb2 as wire
from services.monitor.adapters.sql.tables import LedgerRow, SecondRow
from services.monitor.domain.money import usd_of
from tests.integration.monitor.process import MonitorProcess, monitor_at, publish, records_of, told
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.kafka import Kafka
from tests.stack.postgres import Postgres
from tests.unit.monitor.facts import attempt, finished

pytestmark = pytest.mark.kafka

TURNS, EACH = 3, 3000
"""Times that it is killed, and events for each: more than a few batches, so that it is in the middle of them."""


def organization() -> str:
    return f"org-{uuid.uuid4().hex[:12]}"


def recent(whose: str, count: int, *, first: int = 0) -> list[RequestFinished]:
    """Requests that finished a moment ago, with two attempts each."""
    rng = random.Random(first)
    began = datetime.now(UTC) - timedelta(seconds=5)
    return [
        finished(
            f"{whose}-{number}",
            attempt("a/m", started_at=began, reason=Reason.VENDOR_ERROR),
            attempt("b/m", started_at=began, number=2, first_token_ms=20.0),
            organization=whose,
            tokens=Tokens(input=rng.randrange(10_000), output=rng.randrange(1000)),
            cost=Money(amount=usd_of(rng.randrange(10**9))),
        )
        for number in range(first, first + count)
    ]


async def in_ledger(database_url: str, whose: str) -> list[str]:
    """Ids of the requests in the ledger; read beside monitor, from its tables."""
    async with Database(database_url, schema="monitor") as db, db.read() as session:
        return list((await session.exec(select(LedgerRow.request_id).where(LedgerRow.organization == whose))).all())


async def attempts_seen(database_url: str, whose: str) -> int:
    async with Database(database_url, schema="monitor") as db, db.read() as session:
        return sum((await session.exec(select(SecondRow.attempts).where(SecondRow.organization == whose))).all())


async def usage_of(monitor: MonitorProcess, whose: str) -> wire.UsageRow:
    answer = await monitor.call("QueryUsage", wire.QueryUsageRequest(parent=f"organizations/{whose}"))
    (row,) = answer.rows
    assert isinstance(row, wire.UsageRow)
    return row


async def test_what_is_told_more_than_once_is_in_the_ledger_once(kafka: Kafka, url: str, tmp_path: Path) -> None:
    whose = organization()
    requests = recent(whose, 1400)
    records = [told(request) for request in requests]
    records += random.Random(1).choices(records, k=600)
    random.Random(2).shuffle(records)
    async with monitor_at(url, kafka.bootstrap, tmp_path) as monitor:
        await monitor.ready()
        await publish(kafka.bootstrap, records)

        async def usage_is_whole() -> bool:
            return (await usage_of(monitor, whose)).requests == 1400

        await eventually(usage_is_whole)
        row = await usage_of(monitor, whose)
        assert row.input_tokens == sum(request.tokens.input for request in requests)
        assert row.output_tokens == sum(request.tokens.output for request in requests)
        nanos = sum(round(float(request.cost.amount) * 10**9) for request in requests if request.cost)
        assert row.cost_usd == usd_of(nanos)
        # Every duplicate was consumed, too, and nothing came of it.
        await eventually(lambda: _consumed(monitor, 2000))
        assert (await usage_of(monitor, whose)).requests == 1400
        assert await attempts_seen(url, whose) == 2800
    assert sorted(await in_ledger(url, whose)) == sorted(request.request_id for request in requests)


async def _consumed(monitor: MonitorProcess, least: int) -> bool:
    _, page = await monitor.page("/metrics")
    counts = [line for line in page.splitlines() if line.startswith("seawall_monitor_requests_recorded_total{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in counts) >= least


async def test_a_monitor_that_is_killed_again_and_again_counts_everything_once(
    kafka: Kafka, url: str, tmp_path: Path
) -> None:
    whose, done = organization(), 0
    for turn in range(TURNS):
        await publish(kafka.bootstrap, [told(request) for request in recent(whose, EACH, first=turn * EACH)])
        async with monitor_at(url, kafka.bootstrap, tmp_path) as monitor:
            before = done

            async def goes_on(before: int = before) -> bool:
                return len(await in_ledger(url, whose)) > before

            await eventually(goes_on, every=0.02)
            await monitor.process.kill()
        done = len(await in_ledger(url, whose))
        print(f"killed with {done} of {(turn + 1) * EACH} requests in the ledger")
    assert done < TURNS * EACH, "it was never killed in the middle"
    async with monitor_at(url, kafka.bootstrap, tmp_path):

        async def all_there() -> bool:
            return len(await in_ledger(url, whose)) == TURNS * EACH

        await eventually(all_there)
    assert len(set(await in_ledger(url, whose))) == TURNS * EACH
    assert await attempts_seen(url, whose) == 2 * TURNS * EACH


async def test_a_ledger_row_is_there_two_seconds_after_its_event(kafka: Kafka, url: str, tmp_path: Path) -> None:
    whose = organization()
    async with monitor_at(url, kafka.bootstrap, tmp_path) as monitor:
        await monitor.ready()
        await publish(kafka.bootstrap, [told(request) for request in recent(whose, 1)])
        await eventually(lambda: in_ledger(url, whose))
        waits = []
        for number in range(1, 11):
            (request,) = recent(whose, 1, first=number)
            name = f"organizations/{whose}/requests/{request.request_id}"
            await publish(kafka.bootstrap, [told(request)])
            began = time.monotonic()
            await eventually(lambda: monitor.call("GetRequest", wire.GetRequestRequest(name=name)))  # noqa: B023 - awaited here
            waits.append(time.monotonic() - began)
        print(f"from event to ledger: {min(waits):.3f} to {max(waits):.3f} s")


async def test_what_cannot_be_recorded_goes_to_the_dead_letters_with_its_cause(
    kafka: Kafka, url: str, tmp_path: Path
) -> None:
    whose = organization()
    good = [told(request) for request in recent(whose, 300)]
    (odd,) = recent(whose, 1, first=300)
    unpayable = told(structs.replace(odd, cost=Money(amount="0.00000000001")))
    rubbish = Record(REQUESTS.name, whose.encode(), b"{ rubbish", good[0].headers)
    async with monitor_at(url, kafka.bootstrap, tmp_path):
        await publish(kafka.bootstrap, [*good[:100], rubbish, *good[100:200], unpayable, *good[200:]])

        async def all_there() -> bool:
            return len(await in_ledger(url, whose)) == 300

        await eventually(all_there)

        async def letters() -> dict[bytes, str]:
            found = await records_of(kafka.bootstrap, REQUESTS.dead_letters)
            return {
                value: headers["seawall_error"]
                for key, value, headers in found
                if (value == rubbish.value and key == rubbish.key) or value == unpayable.value
            }

        async def both() -> dict[bytes, str] | None:
            found = await letters()
            return found if len(found) == 2 else None

        causes = await eventually(both, every=0.5)
    assert causes is not None
    assert "JSON" in causes[rubbish.value]
    assert "at most nine places" in causes[unpayable.value]


async def test_verdicts_are_published_when_they_change_and_only_then(kafka: Kafka, url: str, tmp_path: Path) -> None:
    whose, number = organization(), 0

    async def traffic(monitor: MonitorProcess, verdict: int, reason: Reason | None, within: float) -> float:
        """Ten requests a second that end in this way, until the verdict is this one, and for two seconds more."""
        nonlocal number
        began, flipped = time.monotonic(), 0.0
        while not flipped or time.monotonic() - began < flipped + 2.0:
            number += 1
            now = datetime.now(UTC)
            request = finished(
                f"{whose}-{number}",
                attempt("a/m", reason=reason, started_at=now, duration_ms=1.0),
                organization=whose,
                duration_ms=1.0,
            )
            await publish(kafka.bootstrap, [told(request)])
            answer = await monitor.call(
                "ListTargetHealth", wire.ListTargetHealthRequest(parent=f"organizations/{whose}")
            )
            if not flipped and answer.targets and answer.targets[0].verdict == verdict:
                flipped = time.monotonic() - began
            assert time.monotonic() - began < within, f"still {answer}"
            await asyncio.sleep(0.1)
        return flipped

    async with monitor_at(url, kafka.bootstrap, tmp_path) as monitor:
        await monitor.ready()
        await traffic(monitor, wire.VERDICT_HEALTHY, None, PATIENCE)
        down = await traffic(monitor, wire.VERDICT_DOWN, Reason.VENDOR_UNREACHABLE, PATIENCE)
        healthy = await traffic(monitor, wire.VERDICT_HEALTHY, None, PATIENCE)
        print(f"down after {down:.1f} s, healthy again after {healthy:.1f} s")

        async def changes() -> list[tuple[Verdict, Verdict]]:
            found = await records_of(kafka.bootstrap, HEALTH.name)
            key = f"{whose}/a/m".encode()
            events = [decode(HEALTH, value, headers).data for its_key, value, headers in found if its_key == key]
            told = [(event.previous, event.verdict) for event in sorted(events, key=lambda event: event.since)]
            return told if len(told) >= 3 and told[-1][1] is Verdict.HEALTHY else []

        told_changes = await eventually(changes, every=0.5)
    for before, after in pairwise(told_changes):
        assert before[1] is after[0], "each change starts where the last one ended"
    assert all(previous is not verdict for previous, verdict in told_changes)
    assert [verdict for _, verdict in told_changes if verdict is not Verdict.DEGRADED] == [
        Verdict.HEALTHY,
        Verdict.DOWN,
        Verdict.HEALTHY,
    ]


@pytest.mark.postgres
async def test_while_the_database_is_away_events_wait_and_nothing_is_lost(
    kafka: Kafka, private_postgres: Postgres, tmp_path: Path
) -> None:
    whose = organization()
    await private_postgres.stop()
    async with monitor_at(private_postgres.url, kafka.bootstrap, tmp_path) as monitor:
        await eventually(lambda: _waits_for_storage(monitor))
        await _refuses(monitor, whose)
        await publish(kafka.bootstrap, [told(request) for request in recent(whose, 50)])

        await private_postgres.start()
        await monitor.ready()

        async def there(count: int) -> bool:
            return (await usage_of(monitor, whose)).requests == count

        await eventually(lambda: there(50))

        await private_postgres.kill()
        await publish(kafka.bootstrap, [told(request) for request in recent(whose, 700, first=50)])
        await _refuses(monitor, whose)
        assert (await monitor.page("/health/live"))[0] == 200
        await private_postgres.start()
        await eventually(lambda: there(750))
        assert await attempts_seen(private_postgres.url, whose) == 1500
    dead = await records_of(kafka.bootstrap, REQUESTS.dead_letters)
    assert not [key for key, _, _ in dead if key.decode().startswith(whose)]


async def _waits_for_storage(monitor: MonitorProcess) -> bool:
    unmet = await monitor.unmet()
    return unmet is not None and set(unmet) == {"storage"}


async def _refuses(monitor: MonitorProcess, whose: str) -> None:
    with pytest.raises(Failure) as failure:
        await usage_of(monitor, whose)
    assert failure.value.reason is Reason.UNAVAILABLE
    assert failure.value.retryable
