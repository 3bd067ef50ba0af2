"""Monitor as a process of its own, and the Kafka around it."""

import asyncio
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.grpc.client import Peer
from chassis.kafka.provision import provision
from events.cloudevents import Record, encode
from events.requests import RequestFinished
from events.topics import REQUESTS
from seawall.monitor.v1.monitor_pb2_grpc import MonitorServiceStub
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.ports import free_port
from tests.stack.process import OwnedProcess


class MonitorProcess:
    """`python -m services.monitor`."""

    def __init__(self, database_url: str, bootstrap: str, directory: Path) -> None:
        grpc, self._http = free_port(), free_port()
        self.process = OwnedProcess(
            "monitor",
            [sys.executable, "-m", "services.monitor"],
            directory / "monitor.log",
            environment={
                **os.environ,
                "SEAWALL_DATABASE_URL": database_url,
                "SEAWALL_KAFKA_BOOTSTRAP": bootstrap,
                "SEAWALL_GRPC_ADDRESS": f"127.0.0.1:{grpc}",
                "SEAWALL_HTTP_ADDRESS": f"127.0.0.1:{self._http}",
                "SEAWALL_DRAIN_TIMEOUT": "5",
            },
        )
        self.peer = Peer(f"127.0.0.1:{grpc}")
        self.stub = MonitorServiceStub(self.peer.channel)

    async def page(self, path: str) -> tuple[int, str]:
        """Status and body of an HTTP page."""
        return await asyncio.to_thread(_get, f"http://127.0.0.1:{self._http}{path}")

    async def unmet(self) -> dict[str, str] | None:
        """What keeps the process from being ready; None while it does not answer."""
        try:
            _, body = await self.page("/health/ready")
        except OSError:
            return None
        found: dict[str, str] = json.loads(body)["unmet"]
        return found

    async def ready(self) -> None:
        """Return once the process is ready."""

        async def is_ready() -> bool:
            return await self.unmet() == {}

        await eventually(is_ready)

    async def call(self, method: str, request: Any) -> Any:
        """Call an RPC. Raises Failure."""
        return await self.peer.call(getattr(self.stub, method), request, timeout=PATIENCE)


@asynccontextmanager
async def monitor_at(database_url: str, bootstrap: str, directory: Path) -> AsyncIterator[MonitorProcess]:
    """A running monitor, stopped at the end; on a failure its log is part of the report."""
    monitor = MonitorProcess(database_url, bootstrap, directory)
    await monitor.process.start()
    try:
        yield monitor
    except BaseException:
        print(monitor.process.last_words())
        raise
    finally:
        await monitor.peer.channel.close()
        if monitor.process.running:
            await monitor.process.stop()


def told(request: RequestFinished) -> Record:
    """`request` as a gateway publishes it."""
    return encode(
        REQUESTS,
        request,
        event_id=request.request_id,
        source="/seawall/gateway",
        time=request.started_at,
        key=request.request_id,
    )


async def publish(bootstrap: str, records: Sequence[Record]) -> None:
    """Return once Kafka has all of them."""
    await provision(bootstrap, replication=1)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
    await producer.start()
    try:
        sent = [
            await producer.send(
                record.topic,
                record.value,
                key=record.key,
                headers=[(name, value.encode()) for name, value in record.headers.items()],
            )
            for record in records
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def records_of(bootstrap: str, topic: str) -> list[tuple[bytes, bytes, dict[str, str]]]:
    """Key, value and headers of every record of `topic`."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [(r.key, r.value, {name: value.decode() for name, value in r.headers}) for r in records]
        return found
    finally:
        await consumer.stop()


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
