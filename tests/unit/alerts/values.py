"""Values that the tests of alerts begin with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from events.alerts import AlertChanged, AlertState, Severity
from events.credentials import CredentialChanged, CredentialState
from events.health import TargetVerdictChanged, Verdict
from services.alerts.domain.alert import Alert, Condition, Kind, open_alert
from services.alerts.domain.delivery import Delivery
from services.alerts.domain.receiver import Format, Origin, Receiver, ReceiverSettings

T0 = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = ReceiverSettings(Format.WEBHOOK, "https://example.com/hook", "env:HOOK_SECRET")


def verdict(to: Verdict, *, since: datetime = T0, organization: str = "acme") -> TargetVerdictChanged:
    return TargetVerdictChanged(
        organization=organization,
        target="openai-main/gpt-5-mini",
        verdict=to,
        previous=Verdict.HEALTHY,
        explanation="9 of 10 calls failed",
        since=since,
        attempts=10,
        failures=9,
    )


def credential(state: CredentialState) -> CredentialChanged:
    return CredentialChanged(
        organization="acme",
        provider="openai-main",
        credential="env:OPENAI_API_KEY",
        state=state,
        explanation="The vendor answered 401.",
        since=T0,
    )


def alert(kind: Kind = Kind.TARGET_DOWN) -> Alert:
    return open_alert(Condition("acme", kind, "openai-main/gpt-5-mini", "It is down."), "a1", T0)


def changed(**fields: Any) -> AlertChanged:
    given: dict[str, Any] = {
        "alert_id": "a1",
        "organization": "acme",
        "kind": "target_down",
        "subject": "openai-main/gpt-5-mini",
        "severity": Severity.CRITICAL,
        "summary": "openai-main/gpt-5-mini is down: 9 of 10 calls failed",
        "state": AlertState.OPEN,
        "opened_at": T0,
        "changed_at": T0 + timedelta(minutes=1),
        "actor": "seawall",
    }
    return AlertChanged(**given | fields)


def delivery(delivery_id: str = "d1", *, receiver: str = "ops", **fields: object) -> Delivery:
    return Delivery(
        delivery_id, "acme", receiver, "seawall.alert.opened", changed(**fields), created_at=T0, next_try_at=T0
    )


def receiver(receiver_id: str = "ops", *, origin: Origin = Origin.RPC) -> Receiver:
    return Receiver("acme", receiver_id, HOOK, origin, T0)
