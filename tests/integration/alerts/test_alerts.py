"""From a verdict to an alert to a notification."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from events.alerts import AlertState
from events.health import Verdict
from resilience.errors import Failure, Reason
from seawall.alerts.v1 import alerts_pb2 as pb
from tests.integration.alerts.running import KEY, OWN, SECRET, TARGET, Alerts, verdict
from tests.stack.eventually import eventually
from tests.stack.webhook import WebhookSink


async def test_a_down_target_opens_one_alert_and_a_healthy_one_resolves_it(
    alerts: Alerts, webhook_sink: WebhookSink
) -> None:
    await alerts.receiver("ops", f"{webhook_sink.url}/hook?channel=1")
    await alerts.see(verdict(Verdict.DOWN))
    await alerts.see(verdict(Verdict.DOWN), verdict(Verdict.UNKNOWN))
    (opened,) = await webhook_sink.wait_for(lambda requests: len(requests) == 1)
    assert (opened.method, opened.path) == ("POST", "/hook?channel=1")
    told = Webhook(SECRET).verify(opened.body, dict(opened.headers))
    assert told["type"] == "seawall.alert.opened"
    assert (told["data"]["kind"], told["data"]["subject"]) == ("target_down", TARGET)
    (open_now,) = await alerts.alerts(pb.ALERT_STATE_OPEN)
    assert (open_now.severity, open_now.actor) == ("critical", "seawall")
    assert open_now.name.endswith(told["data"]["alert_id"])

    await alerts.see(verdict(Verdict.HEALTHY))
    await webhook_sink.wait_for(lambda requests: len(requests) == 2)
    resolved = Webhook(SECRET).verify(webhook_sink.requests[1].body, dict(webhook_sink.requests[1].headers))
    assert resolved["type"] == "seawall.alert.resolved"
    assert resolved["data"]["alert_id"] == told["data"]["alert_id"]
    assert webhook_sink.requests[0].headers["webhook-id"] != webhook_sink.requests[1].headers["webhook-id"]
    assert await alerts.alerts(pb.ALERT_STATE_OPEN) == []
    await eventually(lambda: [change.state for change in alerts.published] == [AlertState.OPEN, AlertState.RESOLVED])
    assert {record.key.decode() for record in alerts.records} == {told["data"]["alert_id"]}


async def test_a_notification_that_was_tampered_with_is_refused_by_the_receiver(
    alerts: Alerts, webhook_sink: WebhookSink
) -> None:
    await alerts.receiver("ops", webhook_sink.url)
    await alerts.see(verdict(Verdict.DOWN))
    (got,) = await webhook_sink.wait_for(lambda requests: len(requests) == 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(got.body.replace(b"critical", b"info"), dict(got.headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(got.body[:-1], dict(got.headers))


async def test_an_event_that_comes_again_does_not_open_again_what_was_resolved_by_hand(alerts: Alerts) -> None:
    event = verdict(Verdict.DOWN)
    await alerts.see(event, event)
    (alert,) = await alerts.alerts()
    await alerts.call("ResolveAlert", pb.ResolveAlertRequest(name=alert.name))
    await alerts.see(event)
    assert [alert.state for alert in await alerts.alerts()] == [pb.ALERT_STATE_RESOLVED]


async def test_an_older_verdict_than_the_one_applied_last_changes_nothing(alerts: Alerts) -> None:
    now = datetime.now(UTC)
    await alerts.see(verdict(Verdict.HEALTHY, since=now), verdict(Verdict.DOWN, since=now - timedelta(seconds=1)))
    assert await alerts.alerts() == []


async def test_verdicts_that_arrive_at_once_open_one_alert(alerts: Alerts) -> None:
    await asyncio.gather(*(alerts.see(verdict(Verdict.DOWN)) for _ in range(8)))
    assert len(await alerts.alerts()) == 1


async def test_down_supersedes_degraded_and_the_other_way_round(alerts: Alerts) -> None:
    await alerts.see(verdict(Verdict.DEGRADED), verdict(Verdict.DOWN), verdict(Verdict.DEGRADED))
    found = [(alert.kind, alert.state) for alert in await alerts.alerts()]
    assert found == [
        ("target_degraded", pb.ALERT_STATE_OPEN),
        ("target_down", pb.ALERT_STATE_RESOLVED),
        ("target_degraded", pb.ALERT_STATE_RESOLVED),
    ]


async def test_acknowledging_and_resolving_tell_the_receivers_once(alerts: Alerts, webhook_sink: WebhookSink) -> None:
    await alerts.receiver("ops", webhook_sink.url)
    await alerts.see(verdict(Verdict.DOWN))
    (alert,) = await alerts.alerts()
    for _ in range(2):
        acknowledged = (await alerts.call("AcknowledgeAlert", pb.AcknowledgeAlertRequest(name=alert.name))).alert
        assert (acknowledged.state, acknowledged.actor) == (pb.ALERT_STATE_ACKNOWLEDGED, KEY.name)
    for _ in range(2):
        resolved = (await alerts.call("ResolveAlert", pb.ResolveAlertRequest(name=alert.name))).alert
        assert (resolved.state, resolved.actor) == (pb.ALERT_STATE_RESOLVED, KEY.name)
    with pytest.raises(Failure) as failure:
        await alerts.call("AcknowledgeAlert", pb.AcknowledgeAlertRequest(name=alert.name))
    assert failure.value.reason is Reason.INVALID_REQUEST
    requests = await webhook_sink.wait_for(lambda requests: len(requests) == 3)
    types = {request.json()["type"] for request in requests}
    assert types == {"seawall.alert.opened", "seawall.alert.acknowledged", "seawall.alert.resolved"}
    await alerts.see(verdict(Verdict.DOWN))
    assert len(await alerts.alerts(pb.ALERT_STATE_OPEN)) == 1


async def test_pages_hold_every_alert_once_newest_first(alerts: Alerts) -> None:
    await alerts.see(*(verdict(Verdict.DOWN, target=f"p/m{number}") for number in range(7)))
    seen: list[str] = []
    token = ""
    while True:
        answer = await alerts.call("ListAlerts", pb.ListAlertsRequest(parent=OWN, page_size=3, page_token=token))
        assert len(answer.alerts) <= 3
        seen += [alert.subject for alert in answer.alerts]
        token = answer.next_page_token
        if not token:
            break
    assert seen == [f"p/m{number}" for number in reversed(range(7))]


@pytest.mark.parametrize(
    ("method", "request_", "reason"),
    [
        ("GetAlert", pb.GetAlertRequest(name=f"{OWN}/alerts/none"), Reason.NOT_FOUND),
        ("GetAlert", pb.GetAlertRequest(name=f"{OWN}/alerts"), Reason.INVALID_REQUEST),
        ("GetAlert", pb.GetAlertRequest(), Reason.INVALID_REQUEST),
        ("GetAlert", pb.GetAlertRequest(name="organizations/other/alerts/a"), Reason.NOT_FOUND),
        ("ResolveAlert", pb.ResolveAlertRequest(name=f"{OWN}/alerts/none"), Reason.NOT_FOUND),
        ("AcknowledgeAlert", pb.AcknowledgeAlertRequest(name=f"{OWN}/alerts/none"), Reason.NOT_FOUND),
        ("RetryDelivery", pb.RetryDeliveryRequest(name=f"{OWN}/deliveries/none"), Reason.NOT_FOUND),
        ("TestReceiver", pb.TestReceiverRequest(name=f"{OWN}/receivers/none"), Reason.NOT_FOUND),
        ("DeleteReceiver", pb.DeleteReceiverRequest(name=f"{OWN}/receivers/none"), Reason.NOT_FOUND),
        ("ListAlerts", pb.ListAlertsRequest(parent=OWN, page_token="forged"), Reason.INVALID_REQUEST),
        ("ListAlerts", pb.ListAlertsRequest(parent=OWN, page_size=-1), Reason.INVALID_REQUEST),
        ("ListAlerts", pb.ListAlertsRequest(parent=OWN, state=9), Reason.INVALID_REQUEST),  # type: ignore[arg-type]
        ("ListDeliveries", pb.ListDeliveriesRequest(parent="acme"), Reason.NOT_FOUND),
    ],
)
async def test_a_wrong_request_is_told_why(alerts: Alerts, method: str, request_: object, reason: Reason) -> None:
    with pytest.raises(Failure) as failure:
        await alerts.call(method, request_)
    assert failure.value.reason is reason
