"""Dead letters at the terminal, on Apache Kafka and on the broker of `seawall up`."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from chassis.health import Health
from chassis.kafka.bus import Bus
from chassis.settings import ServiceSettings
from chassis.tasks import Background
from events.cloudevents import Received, encode
from events.health import TargetVerdictChanged, Verdict
from events.topics import HEALTH
from resilience.clock import SystemClock
from tests.integration.cli.seawall import Said, Up, seawall
from tests.stack.eventually import eventually
from tests.stack.kafka import Kafka


class Mended:
    """A handler that cannot process anything, until it is mended."""

    def __init__(self) -> None:
        self.mended = False
        self.effects: dict[str, str] = {}
        self.came: list[str] = []

    async def __call__(self, batch: Sequence[Received[TargetVerdictChanged]]) -> None:
        if not self.mended:
            raise ValueError("the column is missing")
        self.came += [event.id for event in batch]
        self.effects |= {event.id: event.data.target for event in batch}


@pytest.mark.kafka
async def test_dead_letters_are_listed_with_their_cause_and_put_back_once(private_kafka: Kafka) -> None:
    where = ("--bootstrap", private_kafka.bootstrap)

    async def dlq(*arguments: str) -> Said:
        return await seawall("dlq", *arguments, *where)

    async def letters() -> Any:
        return (await dlq("list", "health", "--json")).json()["letters"]

    clock, consumer = SystemClock(), Mended()
    settings = ServiceSettings(
        grpc_address="127.0.0.1:0", http_address="127.0.0.1:0", kafka_bootstrap=private_kafka.bootstrap
    )
    ids = [uuid.uuid4().hex for _ in range(3)]
    async with Background() as background:
        bus = Bus("test", settings, health=Health(), background=background, clock=clock)
        bus.subscribe(HEALTH, consumer, group="cli-test")
        async with bus:
            for number, event_id in enumerate(ids):
                verdict = TargetVerdictChanged(
                    organization="acme",
                    target=f"{number}/m",
                    verdict=Verdict.DOWN,
                    previous=Verdict.HEALTHY,
                    explanation="It is away.",
                    since=clock.now(),
                    attempts=5,
                    failures=5,
                )
                record = encode(
                    HEALTH, verdict, event_id=event_id, source="/test", time=clock.now(), key=f"acme/{number}/m"
                )

                async def published() -> bool:
                    await bus.publish([record])  # noqa: B023 - used before the next turn
                    return True

                await eventually(published, every=0.5)

            async def all_dead() -> bool:
                return len(await letters()) == 3

            await eventually(all_dead, every=0.5)
            told = await letters()
            assert sorted(letter["event_id"] for letter in told) == sorted(ids)
            assert {(letter["topic"], letter["group"], letter["cause"]) for letter in told} == {
                (HEALTH.name, "cli-test", "ValueError('the column is missing')")
            }
            panel = await dlq("list")
            assert panel.out.count("the column is missing") == 3

            whole = (await dlq("show", "health", told[0]["letter"], "--json")).json()
            assert whole["headers"]["ce_id"] == told[0]["event_id"]
            assert whole["data"]["organization"] == "acme"
            assert (await dlq("show", "health", "0/999")).exit_code == 1

            dry = (await dlq("redrive", "health", "--dry-run", "--json")).json()
            assert (len(dry["redriven"]), dry["dry_run"]) == (3, True)
            assert len(await letters()) == 3

            consumer.mended = True
            first = (await dlq("redrive", "health", "--limit", "1", "--json")).json()
            assert [letter["event_id"] for letter in first["redriven"]] == [told[0]["event_id"]]
            rest = await dlq("redrive", "health")
            assert "2 were put back." in rest.err
            assert told[2]["event_id"] in rest.out
            assert (await dlq("redrive", "health", "--json")).json() == {"redriven": [], "lost": [], "dry_run": False}
            assert "No dead letter waits." in (await dlq("list")).err
            await eventually(lambda: len(consumer.came) == 3)
    assert consumer.effects == {event_id: f"{number}/m" for number, event_id in enumerate(ids)}
    assert sorted(consumer.came) == sorted(ids), "each once"


async def test_without_dead_letters_the_list_is_empty_on_the_broker_of_up(running: Up) -> None:
    assert (await running.run("dlq", "list", "--json")).json() == {"letters": []}
    assert (await running.run("dlq", "redrive", "all", "--json")).json()["redriven"] == []


async def test_without_kafka_the_error_says_where_it_was_looked_for() -> None:
    said = await seawall("dlq", "list", "--bootstrap", "127.0.0.1:1", "--json")

    assert said.exit_code == 1
    error = json.loads(said.err)["error"]
    assert error["code"] == "kafka_unreachable"
    assert "127.0.0.1:1" in error["message"]
