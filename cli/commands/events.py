"""`seawall events`: what the services tell each other and the world."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any, Optional

import typer
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from rich.markup import escape

from cli.connection import connect
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir
from cli.output import command, print_json, say
from cli.problem import Problem
from events.topics import ALERTS, CONFIG, HEALTH, REQUESTS

app = typer.Typer(no_args_is_help=True, help="What the services tell each other and the world.")

CONNECT_TIMEOUT = 10.0
"""Seconds."""


class TopicName(StrEnum):
    """A topic of Seawall's."""

    REQUESTS = "requests"
    HEALTH = "health"
    CONFIG = "config"
    ALERTS = "alerts"
    ALL = "all"


_TOPICS = {
    TopicName.REQUESTS: (REQUESTS.name,),
    TopicName.HEALTH: (HEALTH.name,),
    TopicName.CONFIG: (CONFIG.name,),
    TopicName.ALERTS: (ALERTS.name,),
    TopicName.ALL: (REQUESTS.name, HEALTH.name, CONFIG.name, ALERTS.name),
}


@app.command("tail")
@command
def tail(
    topic: Annotated[TopicName, typer.Option(help="Which events.")] = TopicName.ALL,
    from_start: Annotated[bool, typer.Option("--from-start", help="Also those that Kafka still has.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="End after so many; 0 for no end.")] = 0,
    bootstrap: Annotated[
        Optional[str],  # noqa: UP045 - typer's help
        typer.Option(envvar="SEAWALL_KAFKA_BOOTSTRAP", help="Kafka's addresses. [default: that of `seawall up`]"),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,  # noqa: ARG001 - events are JSON anyway; it makes errors so, too
) -> None:
    """Print events as they happen, one CloudEvent in JSON a line, until Ctrl-C."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what matters of it is raised, too
    kafka = connect(None, None, data_dir, kafka=bootstrap).kafka
    try:
        asyncio.run(_tail(kafka, _TOPICS[topic], from_start=from_start, limit=limit))
    except KeyboardInterrupt:
        return
    except (KafkaError, OSError) as error:
        raise Problem(
            "kafka_unreachable",
            f"Kafka at {kafka} cannot be reached: {error}",
            hint="Say where it is with --bootstrap or SEAWALL_KAFKA_BOOTSTRAP, or start one with `seawall up`.",
        ) from error


async def _tail(kafka: str, topics: tuple[str, ...], *, from_start: bool, limit: int) -> None:
    printed = 0
    async for record in _records(kafka, topics, from_start=from_start):
        print_json(cloud_event(record))
        printed += 1
        if printed == limit:
            return


async def _records(kafka: str, topics: tuple[str, ...], *, from_start: bool) -> AsyncIterator[ConsumerRecord]:
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=kafka.split(","),
        group_id=None,  # everybody who looks sees everything
        auto_offset_reset="earliest" if from_start else "latest",
        client_id="seawall-cli",
    )
    async with asyncio.timeout(CONNECT_TIMEOUT):
        try:
            await consumer.start()
            if not from_start:
                await consumer.seek_to_end()
        except BaseException:
            await consumer.stop()
            raise
    say(f"[dim]Listening to {escape(', '.join(topics))} at {escape(kafka)}; Ctrl-C ends.[/]")
    try:
        async for record in consumer:
            yield record
    finally:
        await consumer.stop()


def cloud_event(record: ConsumerRecord) -> dict[str, Any]:
    """A record in CloudEvents' JSON format; where it came from as extension attributes.

    What is not JSON is shown as text.
    """
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    event: dict[str, Any] = {
        name.removeprefix("ce_"): value
        for name, value in headers.items()
        if name.startswith("ce_") or name == "traceparent"
    }
    event["datacontenttype"] = headers.get("content-type", "application/octet-stream")
    event["topic"] = record.topic
    event["partition"] = record.partition
    event["offset"] = record.offset
    event["key"] = record.key.decode("utf-8", "replace") if record.key is not None else None
    event["data"] = _data(record.value)
    return event


def _data(value: bytes | None) -> Any:
    if value is None:
        return None
    try:
        return json.loads(value)
    except ValueError:
        return value.decode("utf-8", "replace")
