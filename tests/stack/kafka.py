"""A real Apache Kafka for tests: one node in KRaft mode."""

import asyncio
import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from tests.stack.choose import Source, given_address, source_of
from tests.stack.container import OwnedContainer
from tests.stack.dependency import Dependency, Server
from tests.stack.eventually import PATIENCE
from tests.stack.ports import free_port
from tests.stack.process import OwnedProcess

ROOT = Path(__file__).parents[2]
POM = ROOT / "deploy/dev/kafka/pom.xml"
CLUSTER_ID = "c2Vhd2FsbC10ZXN0cy0wMA"
CONTROLLER_PORT = 9093
HEAP = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]


class Kafka(Dependency):
    """An Apache Kafka whose clients start from `bootstrap`, a host:port."""

    def __init__(self, bootstrap: str, server: Server | None = None) -> None:
        super().__init__(server)
        self.bootstrap = bootstrap

    async def _answers(self) -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=5_000)
        try:
            await admin.start()
            return bool((await admin.describe_cluster())["brokers"])
        finally:
            await admin.close()


@asynccontextmanager
async def shared_kafka() -> AsyncIterator[Kafka]:
    """The Kafka at SEAWALL_TEST_KAFKA (host:port), or one started for the session."""
    if address := given_address("kafka"):
        yield Kafka(address)
        return
    async with private_kafka() as kafka:
        yield kafka


@asynccontextmanager
async def private_kafka() -> AsyncIterator[Kafka]:
    """An Apache Kafka of the test's own, to stop, kill and start again."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="seawall-kafka-") as directory:
        server = await asyncio.to_thread(_server, port, Path(directory))
        kafka = Kafka(f"127.0.0.1:{port}", server)
        try:
            await kafka.start()
            yield kafka
        finally:
            await kafka.discard()


def _server(port: int, directory: Path) -> Server:
    jars, java = _jars(), shutil.which("java")
    needs = {"Java 17 or newer": java is not None, "Apache Kafka's jars (they need Maven)": jars.is_dir()}
    if source_of("kafka", needs) is Source.DOCKER:
        settings = _settings(port, CONTROLLER_PORT, listen_on="0.0.0.0")
        environment = {f"KAFKA_{name.replace('.', '_').upper()}": value for name, value in settings.items()}
        image = f"apache/kafka:{_version()}"
        return OwnedContainer(
            "Kafka", image, port=port, inner_port=port, environment=environment | {"CLUSTER_ID": CLUSTER_ID}
        )
    settings = _settings(port, free_port(), listen_on="127.0.0.1") | {"log.dirs": str(directory / "data")}
    properties = directory / "server.properties"
    properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    run = (str(java), *HEAP, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{jars}/*")
    shutil.copytree(_formatted(run).name, directory / "data")
    return OwnedProcess("Kafka", [*run, "kafka.Kafka", str(properties)], directory / "kafka.log")


@functools.cache
def _formatted(run: tuple[str, ...]) -> tempfile.TemporaryDirectory[str]:
    """The data of a node that was never started: the same for all, and a JVM's start to make."""
    data = tempfile.TemporaryDirectory(prefix="seawall-kafka-data-")
    settings = _settings(free_port(), free_port(), listen_on="127.0.0.1") | {"log.dirs": data.name}
    properties = "".join(f"{name}={value}\n" for name, value in settings.items())
    subprocess.run(
        [*run, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", "/dev/stdin"],
        input=properties.encode(),
        check=True,
        capture_output=True,
        timeout=2 * PATIENCE,
    )
    return data


def _settings(port: int, controller_port: int, listen_on: str) -> dict[str, str]:
    """The broker's settings: one node, small, quick to start and to notice what tests do to it."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "listeners": f"PLAINTEXT://{listen_on}:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "auto.create.topics.enable": "true",
        "num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "500",
        # After a crash the node is let in again once its old session has run out.
        "broker.heartbeat.interval.ms": "500",
        "broker.session.timeout.ms": "3000",
        # Compaction and retention soon enough to be waited for.
        "log.cleaner.backoff.ms": "200",
        "log.cleaner.dedupe.buffer.size": "16777216",
        "log.retention.check.interval.ms": "500",
        "log.initial.task.delay.ms": "500",
    }


def _version() -> str:
    found = re.search(r"<kafka\.version>(.+?)</kafka\.version>", POM.read_text())
    if found is None:
        raise RuntimeError(f"{POM} names no kafka.version")
    return found[1]


def _jars() -> Path:
    return Path(os.environ.get("SEAWALL_CACHE_DIR") or ROOT / ".cache") / "kafka" / _version()
