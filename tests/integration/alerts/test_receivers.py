"""Who is told: set by RPCs and by manifests."""

import pytest

from chassis.principal import Principal, Role
from chassis.storage.database import Database
from chassis.storage.migrate import downgrade, drift
from resilience.clock import SystemClock
from resilience.errors import Failure, Reason
from seawall.alerts.v1 import alerts_pb2 as pb
from services.alerts.adapters.sql.tables import TABLES
from services.alerts.bootstrap import VERSIONS
from tests.integration.alerts.running import OWN, Alerts, running
from tests.stack.webhook import WebhookSink

OPS = "{name: ops, webhook: {url: 'https://example.com/ops', secret: env:HOOK_SECRET}}"
CHAT = "{name: chat, slack: {url: env:CHAT_URL}}"


def manifest(*receivers: str, organization: str = "acme") -> str:
    return f"organization: {organization}\nreceivers: [{', '.join(receivers)}]\n"


async def apply(alerts: Alerts, text: str, *, dry_run: bool = False) -> tuple[list[str], list[str], list[str]]:
    request = pb.ApplyManifestRequest(parent=OWN, manifest=text, dry_run=dry_run)
    answer = await alerts.call("ApplyManifest", request)
    return list(answer.created), list(answer.updated), list(answer.deleted)


def names(*ids: str) -> list[str]:
    return [f"{OWN}/receivers/{one}" for one in ids]


async def test_a_receiver_lives_from_create_to_delete(alerts: Alerts) -> None:
    created = await alerts.receiver("ops", "https://example.com/a")
    assert (created.name, created.secret) == (f"{OWN}/receivers/ops", "env:HOOK_SECRET")
    with pytest.raises(Failure) as failure:
        await alerts.receiver("ops", "https://example.com/a")
    assert failure.value.reason is Reason.ALREADY_EXISTS
    created.url = "https://example.com/b"
    updated = (await alerts.call("UpdateReceiver", pb.UpdateReceiverRequest(receiver=created))).receiver
    assert updated.url == "https://example.com/b"
    assert list(await alerts.receivers()) == ["ops"]
    await alerts.call("DeleteReceiver", pb.DeleteReceiverRequest(name=created.name))
    assert await alerts.receivers() == {}
    with pytest.raises(Failure) as failure:
        await alerts.call("UpdateReceiver", pb.UpdateReceiverRequest(receiver=created))
    assert failure.value.reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    ("receiver", "says"),
    [
        (pb.Receiver(), "format"),
        (pb.Receiver(format=pb.RECEIVER_FORMAT_SLACK), "URL"),
        (pb.Receiver(format=pb.RECEIVER_FORMAT_SLACK, url="gopher://x"), "https"),
        (pb.Receiver(format=pb.RECEIVER_FORMAT_SLACK, url="https://u:s3cret@x"), "password"),
        (pb.Receiver(format=pb.RECEIVER_FORMAT_SLACK, url="env:NOT_SET"), "env:NOT_SET"),
        (pb.Receiver(format=pb.RECEIVER_FORMAT_WEBHOOK, url="https://x"), "secret"),
        (pb.Receiver(format=pb.RECEIVER_FORMAT_WEBHOOK, url="https://x", secret="env:NOT_SET"), "env:NOT_SET"),
        (pb.Receiver(format=pb.RECEIVER_FORMAT_WEBHOOK, url="https://x", secret="env:NO_SECRET"), "whsec_"),
        (
            pb.Receiver(format=pb.RECEIVER_FORMAT_WEBHOOK, url="https://x", secret="env:SEAWALL_KEY_PEPPER"),
            "SEAWALL_KEY_PEPPER",
        ),
        (pb.Receiver(format=pb.RECEIVER_FORMAT_WEBHOOK, url="https://x", secret="s3cret"), "env:NAME"),
    ],
)
async def test_a_receiver_that_cannot_work_is_refused(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch, receiver: pb.Receiver, says: str
) -> None:
    monkeypatch.setenv("NO_SECRET", "s3cret")
    monkeypatch.setenv("SEAWALL_KEY_PEPPER", "s3cret")
    with pytest.raises(Failure, match=says) as failure:
        await alerts.call("CreateReceiver", pb.CreateReceiverRequest(parent=OWN, receiver_id="x", receiver=receiver))
    assert failure.value.reason is Reason.INVALID_REQUEST
    assert "s3cret" not in failure.value.message
    assert await alerts.receivers() == {}


async def test_a_test_tells_how_it_went_and_is_in_the_log(alerts: Alerts, webhook_sink: WebhookSink) -> None:
    webhook_sink.will_answer(200, 404)
    receiver = await alerts.receiver("ops", webhook_sink.url)
    for state, status in ((pb.DELIVERY_STATE_DELIVERED, 200), (pb.DELIVERY_STATE_FAILED, 404)):
        delivery = (await alerts.call("TestReceiver", pb.TestReceiverRequest(name=receiver.name))).delivery
        assert (delivery.state, delivery.last_status, delivery.tries) == (state, status, 1)
        assert (delivery.event_type, delivery.alert) == ("seawall.receiver.test", "")
        assert (await alerts.receivers())["ops"].last_delivery == delivery
    assert len(await alerts.deliveries("ops")) == 2
    assert len(webhook_sink.requests) == 2
    assert not (await alerts.receivers())["ops"].disabled


async def test_a_manifest_makes_its_receivers_be_and_leaves_those_of_rpcs(
    alerts: Alerts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAT_URL", "https://hooks.example.com/T0KEN")
    await alerts.receiver("by-hand", "https://example.com")
    assert await apply(alerts, manifest(OPS, CHAT), dry_run=True) == (names("chat", "ops"), [], [])
    assert list(await alerts.receivers()) == ["by-hand"]
    assert await apply(alerts, manifest(OPS, CHAT)) == (names("chat", "ops"), [], [])
    assert await apply(alerts, manifest(OPS, CHAT)) == ([], [], [])
    assert (await alerts.receivers())["chat"].url == "env:CHAT_URL"
    assert await apply(alerts, manifest(OPS.replace("/ops", "/other"))) == ([], names("ops"), names("chat"))
    assert list(await alerts.receivers()) == ["by-hand", "ops"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("organization: acme\nreceivers: nonsense\n", "receivers"),
        (manifest("{name: ops}"), r"receivers\[0\]"),
        (manifest(OPS, CHAT), r"receivers\[1\]: The secret env:CHAT_URL"),
        (manifest(OPS, organization="other"), "organization"),
    ],
)
async def test_a_wrong_manifest_is_refused_whole_and_says_where(alerts: Alerts, text: str, says: str) -> None:
    with pytest.raises(Failure, match=says) as failure:
        await apply(alerts, text)
    assert failure.value.reason is Reason.INVALID_REQUEST
    assert await alerts.receivers() == {}


async def test_the_tables_are_what_the_migrations_make(url: str) -> None:
    async with running(url):
        pass
    async with Database(url, schema="alerts") as database:
        assert await drift(database, TABLES) == []
        await downgrade(database, VERSIONS, SystemClock())


async def test_another_organization_sees_and_changes_nothing(alerts: Alerts) -> None:
    await alerts.receiver("ops", "https://example.com")
    stranger = Principal("other", "shop", "ci", Role.ADMIN)
    listed = await alerts.call("ListReceivers", pb.ListReceiversRequest(parent="organizations/-"), key=stranger)
    assert list(listed.receivers) == []
    for method, request in (
        ("ListReceivers", pb.ListReceiversRequest(parent=OWN)),
        ("DeleteReceiver", pb.DeleteReceiverRequest(name=f"{OWN}/receivers/ops")),
        ("ApplyManifest", pb.ApplyManifestRequest(parent=OWN, manifest=manifest())),
        ("UpdateReceiver", pb.UpdateReceiverRequest(receiver=pb.Receiver(name=f"{OWN}/receivers/ops"))),
    ):
        with pytest.raises(Failure) as failure:
            await alerts.call(method, request, key=stranger)
        assert failure.value.reason is Reason.NOT_FOUND
