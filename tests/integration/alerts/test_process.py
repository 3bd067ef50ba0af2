"""The service as a process, with Kafka, killed in the middle of its work."""

import os
import re
import sys
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from chassis.grpc.client import Peer
from chassis.kafka.producer import Producer
from chassis.kafka.provision import provision
from chassis.principal import Principal, Role
from chassis.storage.job import bring_up
from events.cloudevents import Record, encode
from events.credentials import CredentialChanged, CredentialState
from events.health import TargetVerdictChanged, Verdict
from events.topics import CREDENTIALS, HEALTH
from resilience.errors import Failure, Reason
from seawall.alerts.v1 import alerts_pb2 as pb
from seawall.alerts.v1.alerts_pb2_grpc import AlertServiceStub
from tests.integration.alerts.running import SECRET
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.kafka import Kafka
from tests.stack.ports import free_port
from tests.stack.postgres import Postgres
from tests.stack.process import OwnedProcess
from tests.stack.webhook import Answer, WebhookSink


class Process:
    """`python -m services.alerts` of an organization of its own."""

    def __init__(self, directory: Path, environment: Mapping[str, str], *, hook: str) -> None:
        self.organization = f"org-{uuid.uuid4().hex[:12]}"
        manifest = directory / "seawall.yaml"
        manifest.write_text(
            f"organization: {self.organization}\n"
            f"receivers: [{{name: ops, webhook: {{url: '{hook}', secret: env:HOOK_SECRET}}}}]\n"
        )
        self.grpc, self.http = free_port(), free_port()
        self.owned = OwnedProcess(
            "alerts",
            [sys.executable, "-m", "services.alerts"],
            directory / "alerts.log",
            environment={
                **os.environ,
                "SEAWALL_GRPC_ADDRESS": f"127.0.0.1:{self.grpc}",
                "SEAWALL_HTTP_ADDRESS": f"127.0.0.1:{self.http}",
                "SEAWALL_DATA_DIR": str(directory),
                "SEAWALL_MANIFEST": str(manifest),
                "SEAWALL_DELIVERY_TIMEOUT": "2",
                "HOOK_SECRET": SECRET,
                **environment,
            },
        )

    def page(self, path: str) -> int:
        """Status of an HTTP page; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=2) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def metrics(self) -> dict[tuple[str, ...], float]:
        """What is measured: name without its prefix, and the values of its labels in the labels' order."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/metrics", timeout=2) as answer:
            page = answer.read().decode()
        found = re.findall(r"^seawall_alerts_(\w+)(?:{(.*)})? (\S+)$", page, flags=re.MULTILINE)
        return {
            (name, *re.findall(r'\b(?!otel)\w+="([^"]*)"', labels)): float(number) for name, labels, number in found
        }

    async def ready(self) -> None:
        """Return once it can serve."""
        try:
            await eventually(lambda: self.page("/health/ready") == 200)
        except AssertionError as error:
            raise AssertionError(f"{error}; it said:\n{self.owned.last_words()}") from error

    async def alerts(self) -> list[pb.Alert]:
        """Its alerts."""
        key = Principal(self.organization, "p", "k", Role.VIEWER)
        async with Peer(f"127.0.0.1:{self.grpc}") as peer:
            request = pb.ListAlertsRequest(parent="organizations/-", page_size=1000)
            answer = await peer.call(
                AlertServiceStub(peer.channel).ListAlerts, request, timeout=PATIENCE, principal=key
            )
            return list(answer.alerts)


@asynccontextmanager
async def process(directory: Path, environment: Mapping[str, str], *, hook: str) -> AsyncIterator[Process]:
    one = Process(directory, environment, hook=hook)
    await one.owned.start()
    try:
        yield one
    finally:
        await one.owned.discard()


async def publish(kafka: Kafka, *records: Record) -> None:
    """Say `records` as another service does."""
    producer = Producer(kafka.bootstrap, client_id="test")
    await producer.connect()
    await producer.publish(records)
    await producer.close()


async def tell(kafka: Kafka, organization: str, *targets: str) -> None:
    """Say, as monitor does, that `targets` are down."""
    now = datetime.now(UTC)
    records = [
        encode(
            HEALTH,
            TargetVerdictChanged(
                organization=organization,
                target=target,
                verdict=Verdict.DOWN,
                previous=Verdict.HEALTHY,
                explanation="9 of 10 calls failed",
                since=now,
                attempts=10,
                failures=9,
            ),
            event_id=uuid.uuid4().hex,
            source="/seawall/monitor",
            time=now,
            key=f"{organization}/{target}",
        )
        for target in targets
    ]
    await publish(kafka, *records)


def credential(organization: str, state: CredentialState) -> Record:
    """What the providers service says of a credential."""
    now = datetime.now(UTC)
    return encode(
        CREDENTIALS,
        CredentialChanged(
            organization=organization,
            provider="openai-main",
            credential="env:OPENAI_API_KEY",
            state=state,
            reason=Reason.VENDOR_AUTHENTICATION if state is CredentialState.RESTING else None,
            explanation="The vendor answered 401 (vendor_authentication).",
            since=now,
        ),
        event_id=uuid.uuid4().hex,
        source="/seawall/providers",
        time=now,
        key=f"{organization}/openai-main/env:OPENAI_API_KEY",
    )


@pytest.mark.kafka
async def test_a_refused_credential_is_notified_and_so_is_its_return_also_what_was_said_before_it_ran(
    kafka: Kafka, tmp_path: Path, webhook_sink: WebhookSink
) -> None:
    alerts = Process(tmp_path, {"SEAWALL_KAFKA_BOOTSTRAP": kafka.bootstrap}, hook=webhook_sink.url)
    await provision(kafka.bootstrap, replication=1)
    refused = credential(alerts.organization, CredentialState.RESTING)
    await publish(kafka, refused)
    await alerts.owned.start()
    try:
        await alerts.ready()
        await webhook_sink.wait_for(lambda requests: len(requests) == 1)
        await publish(kafka, refused, credential(alerts.organization, CredentialState.IN_USE))
        requests = await webhook_sink.wait_for(lambda requests: len(requests) == 2)
        told = [Webhook(SECRET).verify(one.body, dict(one.headers)) for one in requests]
        assert [one["type"] for one in told] == ["seawall.alert.opened", "seawall.alert.resolved"]
        assert {one["data"]["kind"] for one in told} == {"credential_refused"}
        (alert,) = await alerts.alerts()
        assert (alert.state, alert.subject) == (pb.ALERT_STATE_RESOLVED, "openai-main/env:OPENAI_API_KEY")
    finally:
        await alerts.owned.discard()


@pytest.mark.kafka
async def test_killed_while_sending_it_opens_each_alert_once_and_loses_no_notification(
    kafka: Kafka, tmp_path: Path, webhook_sink: WebhookSink
) -> None:
    targets = [f"p/m{number}" for number in range(30)]
    webhook_sink.will_answer(*[Answer(delay=0.3)] * 1000)
    async with process(tmp_path, {"SEAWALL_KAFKA_BOOTSTRAP": kafka.bootstrap}, hook=webhook_sink.url) as alerts:
        await alerts.ready()
        await tell(kafka, alerts.organization, *targets)
        for heard in (1, 6):
            await webhook_sink.wait_for(lambda requests, heard=heard: len(requests) >= heard)  # type: ignore[misc]
            await alerts.owned.kill()
            await alerts.owned.start()
        await alerts.ready()

        def told() -> Counter[str]:
            bodies = [Webhook(SECRET).verify(one.body, dict(one.headers)) for one in webhook_sink.requests]
            return Counter(body["data"]["subject"] for body in bodies if body["type"] == "seawall.alert.opened")

        await eventually(lambda: set(told()) == set(targets), 90)
        found = await alerts.alerts()
        assert sorted(alert.subject for alert in found) == sorted(targets)
        # Twice only what was under way when it was killed: at most a lane at each of the two kills.
        assert sum(told().values()) - len(targets) <= 8
        ids = Counter(request.headers["webhook-id"] for request in webhook_sink.requests)
        assert len(ids) == len(targets)
        await alerts.owned.stop()


@pytest.mark.postgres
async def test_it_lives_without_its_database_and_is_ready_once_that_is_there(
    private_postgres: Postgres, tmp_path: Path, webhook_sink: WebhookSink
) -> None:
    environment = {"SEAWALL_DATABASE_URL": private_postgres.url, "SEAWALL_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    await private_postgres.stop()
    async with process(tmp_path, environment, hook=webhook_sink.url) as alerts:
        await eventually(lambda: alerts.page("/health/live") == 200)
        assert alerts.page("/health/ready") == 503
        await private_postgres.start()
        await alerts.ready()
        await private_postgres.kill()
        assert alerts.page("/health/live") == 200
        await private_postgres.start()

        async def serves() -> bool:
            return await alerts.alerts() == []

        await eventually(serves)
        await alerts.owned.stop()


async def test_where_a_job_migrates_it_waits_for_the_tables(tmp_path: Path) -> None:
    environment = {"SEAWALL_MIGRATE": "false", "SEAWALL_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    async with process(tmp_path, environment, hook="https://example.com") as alerts:
        await eventually(lambda: alerts.page("/health/live") == 200)
        await eventually(lambda: "The tables are not migrated yet." in alerts.owned.last_words())
        assert alerts.page("/health/ready") == 503
        with pytest.raises(Failure) as failed:
            await alerts.alerts()
        assert (failed.value.reason, failed.value.retryable) == (Reason.UNAVAILABLE, True)
        await bring_up("alerts", f"sqlite+aiosqlite:///{tmp_path}/alerts.db")
        await alerts.ready()
        assert await alerts.alerts() == []
        await alerts.owned.stop()


@pytest.mark.kafka
async def test_it_measures_what_it_does(kafka: Kafka, tmp_path: Path, webhook_sink: WebhookSink) -> None:
    webhook_sink.will_answer(Answer(), Answer(status=500))
    async with process(tmp_path, {"SEAWALL_KAFKA_BOOTSTRAP": kafka.bootstrap}, hook=webhook_sink.url) as alerts:
        await alerts.ready()
        await tell(kafka, alerts.organization, "p/m1", "p/m2")

        def measured() -> bool:
            page = alerts.metrics()
            assert page["changes_total", "target_down", "open"] == 2
            assert page["delivery_tries_total", "delivered"] == 1
            assert page["delivery_tries_total", "waiting"] == 1
            assert page["deliveries_waiting",] == 1
            return True

        await eventually(measured)
        await alerts.owned.stop()


async def test_a_wrong_manifest_ends_it_and_says_why(tmp_path: Path) -> None:
    environment = {"SEAWALL_KAFKA_BOOTSTRAP": "127.0.0.1:1", "HOOK_SECRET": "not one"}
    async with process(tmp_path, environment, hook="https://example.com") as alerts:
        await eventually(lambda: not alerts.owned.running)
        assert "receivers[0]: The signing secret is not" in alerts.owned.last_words()
        assert "not one" not in alerts.owned.last_words()
