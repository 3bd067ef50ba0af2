"""From a credential that a vendor refuses to an alert to a notification."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from events.alerts import AlertState
from events.credentials import CredentialState
from events.health import Verdict
from seawall.alerts.v1 import alerts_pb2 as pb
from tests.integration.alerts.running import SECRET, Alerts, credential, verdict
from tests.stack.eventually import eventually
from tests.stack.webhook import WebhookSink

SUBJECT = "openai-main/env:OPENAI_API_KEY"


@pytest.mark.parametrize("over", [CredentialState.IN_USE, CredentialState.REMOVED])
async def test_a_refused_credential_opens_one_alert_which_resolves_when_it_is_taken_again_or_gone(
    alerts: Alerts, webhook_sink: WebhookSink, over: CredentialState
) -> None:
    await alerts.receiver("ops", webhook_sink.url)
    await alerts.see_credentials(credential(CredentialState.IN_USE), credential(CredentialState.RESTING))
    await alerts.see_credentials(credential(CredentialState.RESTING))
    (opened,) = await webhook_sink.wait_for(lambda requests: len(requests) == 1)
    told = Webhook(SECRET).verify(opened.body, dict(opened.headers))
    assert told["type"] == "seawall.alert.opened"
    assert {name: told["data"][name] for name in ("kind", "subject", "severity", "summary")} == {
        "kind": "credential_refused",
        "subject": SUBJECT,
        "severity": "warning",
        "summary": "Provider openai-main: env:OPENAI_API_KEY is refused. "
        "The vendor answered 401 (vendor_authentication).",
    }
    await alerts.see_credentials(credential(over))
    await webhook_sink.wait_for(lambda requests: len(requests) == 2)
    assert await alerts.alerts(pb.ALERT_STATE_OPEN) == []
    await eventually(lambda: [change.state for change in alerts.published] == [AlertState.OPEN, AlertState.RESOLVED])


async def test_each_credential_has_an_alert_of_its_own(alerts: Alerts) -> None:
    other = "env:OPENAI_API_KEY_2"
    await alerts.see_credentials(
        credential(CredentialState.RESTING),
        credential(CredentialState.RESTING, reference=other),
        credential(CredentialState.IN_USE),
    )
    assert [alert.subject for alert in await alerts.alerts(pb.ALERT_STATE_OPEN)] == [f"openai-main/{other}"]


async def test_an_event_that_comes_again_or_late_changes_nothing(alerts: Alerts) -> None:
    refused = credential(CredentialState.RESTING)
    await alerts.see_credentials(refused, refused)
    (alert,) = await alerts.alerts()
    await alerts.call("ResolveAlert", pb.ResolveAlertRequest(name=alert.name))
    late = datetime.now(UTC) - timedelta(seconds=5)
    await alerts.see_credentials(refused, credential(CredentialState.RESTING, since=late))
    assert [alert.state for alert in await alerts.alerts()] == [pb.ALERT_STATE_RESOLVED]


async def test_a_verdict_on_a_target_of_the_same_name_is_another_matter(alerts: Alerts) -> None:
    now = datetime.now(UTC)
    await alerts.see(verdict(Verdict.DOWN, target=SUBJECT, since=now + timedelta(seconds=5)))
    await alerts.see_credentials(credential(CredentialState.RESTING, since=now))
    await alerts.see(verdict(Verdict.HEALTHY, target=SUBJECT, since=now + timedelta(seconds=6)))
    assert [alert.kind for alert in await alerts.alerts(pb.ALERT_STATE_OPEN)] == ["credential_refused"]
