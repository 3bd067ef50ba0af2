"""`seawall events`: what the services tell each other and the world."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

import typer
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from rich.markup import escape

from cli.connection import connect
from cli.kafka import readable, run_with_kafka
from cli.options import DEFAULT_DATA_DIR, AsJson, Bootstrap, DataDir
from cli.output import command, print_json, say
from cli.topics import TopicName, topics_of

app = typer.Typer(no_args_is_help=True, help="What the services tell each other and the world.")

CONNECT_TIMEOUT = 10.0
"""Seconds."""


@app.command("tail")
@command
def tail(
    topic: Annotated[TopicName, typer.Option(help="Which events.")] = TopicName.ALL,
    from_start: Annotated[bool, typer.Option("--from-start", help="Also those that Kafka still has.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="End after so many; 0 for no end.")] = 0,
    bootstrap: Bootstrap = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,  # noqa: ARG001 - events are JSON anyway; it makes errors so, too
) -> None:
    """Print events as they happen, one CloudEvent in JSON a line, until Ctrl-C."""
    kafka = connect(None, None, data_dir, kafka=bootstrap).kafka
    names = tuple(each.name for each in topics_of(topic))
    with contextlib.suppress(KeyboardInterrupt):
        run_with_kafka(kafka, lambda: _tail(kafka, names, from_start=from_start, limit=limit))


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
    event["data"] = readable(record.value)
    return event
