"""Journals of workers that are no more."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from events.cloudevents import Record
from resilience.clock import SystemClock, VirtualClock
from resilience.errors import Failure, Reason
from services.gateway.adapters.journal import AdoptedJournals, Journal, left_behind
from tests.stack.eventually import eventually
from tests.unit.gateway.journal_records import record


class Kafka:
    """Takes what is published, after it has refused so often."""

    def __init__(self, refusals: int = 0) -> None:
        self.keys: list[bytes] = []
        self._refusals = refusals

    async def publish(self, records: Sequence[Record]) -> None:
        if self._refusals:
            self._refusals -= 1
            raise Failure(Reason.UNAVAILABLE, "Kafka is away.", retryable=True)
        self.keys += [each.key for each in records]


async def written(directory: Path, numbers: range) -> list[bytes]:
    """A journal that was left with these records; their keys."""
    async with Journal(directory, max_bytes=1 << 26, clock=SystemClock()) as journal:
        await asyncio.gather(*(journal.append(record(number)) for number in numbers))
    return [record(number).key for number in numbers]


@pytest.mark.parametrize(
    ("workers", "left"),
    [(1, ["worker-0", "worker-1", "worker-2"]), (2, [".", "worker-2"]), (3, ["."]), (4, ["."])],
)
def test_a_journal_is_left_behind_that_no_worker_calls_its_own(tmp_path: Path, workers: int, left: list[str]) -> None:
    for home in (".", "worker-0", "worker-1", "worker-2"):
        (tmp_path / home / "journal").mkdir(parents=True)
    (tmp_path / "worker-9").mkdir()
    assert left_behind(tmp_path, workers) == [tmp_path / home / "journal" for home in left]


async def test_what_they_hold_is_shipped_though_kafka_is_away_at_first_and_then_they_are_gone(tmp_path: Path) -> None:
    expected = await written(tmp_path / "one", range(700)) + await written(tmp_path / "two", range(700, 705))
    await written(tmp_path / "empty", range(0))
    kafka = Kafka(refusals=2)
    homes = [tmp_path / name for name in ("one", "empty", "two")]
    await asyncio.wait_for(AdoptedJournals(homes, kafka.publish, SystemClock()).run(), 60)
    assert kafka.keys == expected
    assert not any((tmp_path / name).exists() for name in ("one", "empty", "two"))


async def test_one_that_is_still_open_is_waited_for(tmp_path: Path) -> None:
    clock, kafka = VirtualClock(), Kafka()
    async with Journal(tmp_path / "one", max_bytes=1 << 26, clock=clock) as journal:
        await journal.append(record(1))
        adopting = asyncio.create_task(AdoptedJournals([tmp_path / "one"], kafka.publish, clock).run())
        await clock.advance(60.0)
        assert not adopting.done()
        assert kafka.keys == []

    async def shipped() -> bool:
        await clock.advance(1.0)
        return adopting.done()

    await eventually(shipped, every=0.001)
    await adopting
    assert kafka.keys == [record(1).key]


async def test_one_that_cannot_be_opened_is_told_of_and_keeps_no_other_from_being_shipped(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("no directory")
    expected = await written(tmp_path / "two", range(3))
    kafka = Kafka()
    with capture_logs() as logs:
        homes = [tmp_path / "broken", tmp_path / "two"]
        await AdoptedJournals(homes, kafka.publish, SystemClock()).run()
    assert kafka.keys == expected
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
        "a journal of a former worker cannot be shipped"
    ]


async def test_damaged_bytes_are_kept_for_somebody_to_look_at(tmp_path: Path) -> None:
    expected = await written(tmp_path / "one", range(3))
    (segment,) = (path for path in (tmp_path / "one").glob("*.log") if path.stat().st_size)
    segment.write_bytes(b"damaged" + segment.read_bytes())
    kafka = Kafka()
    await AdoptedJournals([tmp_path / "one"], kafka.publish, SystemClock()).run()
    assert kafka.keys == expected
    assert [path.read_bytes() for path in (tmp_path / "one").glob("*.corrupt")] == [b"damaged"]
