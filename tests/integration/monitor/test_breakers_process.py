"""Monitor as a process hears of breakers over Apache Kafka: at once, out of order, twice, and across its own death."""

import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from events.breakers import BreakerChanged, BreakerState
from events.cloudevents import Record, decode, encode
from events.topics import BREAKERS, HEALTH
from seawall.monitor.v1 import monitor_pb2 as wire
from tests.integration.monitor.process import MonitorProcess, monitor_at, publish, records_of, told
from tests.stack.eventually import eventually
from tests.stack.kafka import Kafka
from tests.unit.monitor.facts import attempt, breaker_changed, finished

pytestmark = pytest.mark.kafka


def as_published(change: BreakerChanged) -> Record:
    """`change` as a gateway publishes it."""
    return encode(
        BREAKERS,
        change,
        event_id=str(uuid.uuid4()),
        source=f"/seawall/gateway/{change.gateway}",
        time=change.since,
        key=f"{change.organization}/{change.target}",
    )


class Vendor:
    """One organization's calls of its target, and what its gateway tells."""

    def __init__(self, kafka: Kafka) -> None:
        self.organization = f"org-{uuid.uuid4().hex[:12]}"
        self._bootstrap = kafka.bootstrap
        self._number = 0

    def breaker(self, state: BreakerState) -> Record:
        return as_published(
            breaker_changed(state, since=datetime.now(UTC), organization=self.organization, open_for=15.0)
        )

    async def tell(self, *records: Record) -> None:
        await publish(self._bootstrap, records)

    async def answers(self, count: int) -> None:
        now = datetime.now(UTC)
        one = attempt(started_at=now, duration_ms=1.0)
        first, self._number = self._number, self._number + count
        requests = [
            finished(f"{self.organization}-{number}", one, organization=self.organization, duration_ms=1.0)
            for number in range(first, first + count)
        ]
        await self.tell(*[told(request) for request in requests])

    async def becomes(self, monitor: MonitorProcess, verdict: int) -> wire.TargetHealth:
        """Return once this is the verdict, with calls that are answered meanwhile."""

        async def reached() -> wire.TargetHealth | None:
            await self.answers(2)
            parent = f"organizations/{self.organization}"
            answer = await monitor.call("ListTargetHealth", wire.ListTargetHealthRequest(parent=parent))
            return next((target for target in answer.targets if target.verdict == verdict), None)

        found = await eventually(reached, every=0.1)
        assert found is not None
        return found

    async def verdicts(self) -> list[str]:
        """What monitor told the world of the target, in order."""
        key = f"{self.organization}/a/m".encode()
        found = await records_of(self._bootstrap, HEALTH.name)
        events = [decode(HEALTH, value, headers).data for its_key, value, headers in found if its_key == key]
        return [event.verdict.value for event in sorted(events, key=lambda event: event.since)]


async def test_an_open_breaker_is_told_as_down_and_a_closed_one_as_healthy(
    kafka: Kafka, url: str, tmp_path: Path
) -> None:
    vendor = Vendor(kafka)
    async with monitor_at(url, kafka.bootstrap, tmp_path) as monitor:
        await monitor.ready()
        await vendor.becomes(monitor, wire.VERDICT_HEALTHY)

        opened, began = vendor.breaker(BreakerState.OPEN), time.monotonic()
        await vendor.tell(opened)
        down = await vendor.becomes(monitor, wire.VERDICT_DOWN)
        print(f"down {time.monotonic() - began:.1f} s after the breaker opened")
        assert down.explanation == (
            "The breaker of gateway g1 is open: 5 calls in a row failed, the last: vendor_unreachable."
        )
        assert down.failures == 0, "no call that was recorded says so"

        closed, began = vendor.breaker(BreakerState.CLOSED), time.monotonic()
        # Were the opening believed when it comes again, the target would stay down.
        await vendor.tell(closed, opened)
        await vendor.becomes(monitor, wire.VERDICT_HEALTHY)
        print(f"healthy {time.monotonic() - began:.1f} s after it closed")

        await vendor.tell(vendor.breaker(BreakerState.OPEN))
        await vendor.becomes(monitor, wire.VERDICT_DOWN)

        async def all_told() -> list[str]:
            verdicts = await vendor.verdicts()
            return verdicts if len(verdicts) >= 4 else []

        assert await eventually(all_told, every=0.5) == ["healthy", "down", "healthy", "down"]


async def test_what_breakers_told_while_monitor_was_dead_is_judged_once_it_lives(
    kafka: Kafka, url: str, tmp_path: Path
) -> None:
    vendor = Vendor(kafka)
    async with monitor_at(url, kafka.bootstrap, tmp_path) as monitor:
        await monitor.ready()
        await vendor.becomes(monitor, wire.VERDICT_HEALTHY)
        await monitor.process.kill()
    await vendor.tell(vendor.breaker(BreakerState.OPEN))
    async with monitor_at(url, kafka.bootstrap, tmp_path) as monitor:
        down = await vendor.becomes(monitor, wire.VERDICT_DOWN)
        assert down.explanation.startswith("The breaker of gateway g1 is open")
