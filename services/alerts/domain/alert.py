"""An alert: one condition that somebody should act on, from when it was seen until it went away."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from events.alerts import AlertChanged, AlertState, Severity
from resilience.errors import Failure, Reason

SEAWALL = "seawall"
"""The actor where the condition itself changed."""


class Kind(StrEnum):
    """What kind of condition."""

    TARGET_DOWN = "target_down"
    TARGET_DEGRADED = "target_degraded"
    CREDENTIAL_REFUSED = "credential_refused"
    RECEIVER_DISABLED = "receiver_disabled"


SEVERITIES: dict[Kind, Severity] = {
    Kind.TARGET_DOWN: Severity.CRITICAL,
    Kind.TARGET_DEGRADED: Severity.WARNING,
    # Its provider's others serve meanwhile; where there are none, its targets are down, which is an alert of its own.
    Kind.CREDENTIAL_REFUSED: Severity.WARNING,
    Kind.RECEIVER_DISABLED: Severity.WARNING,
}


@dataclass(frozen=True)
class Condition:
    """Something that is the case; at most one unresolved alert is about the same organization, kind and subject."""

    organization: str
    kind: Kind
    subject: str
    summary: str


@dataclass(frozen=True)
class Alert:
    """A condition's alert. `actor` is the key that changed it last, or SEAWALL."""

    id: str
    organization: str
    kind: Kind
    subject: str
    severity: Severity
    summary: str
    state: AlertState
    opened_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    actor: str

    def acknowledge(self, actor: str, now: datetime) -> "Alert":
        """Say that `actor` is on it; the same alert where that was said already. Raises Failure where resolved."""
        if self.state is AlertState.RESOLVED:
            raise Failure(Reason.INVALID_REQUEST, "The alert is resolved; there is nothing left to acknowledge.")
        if self.state is AlertState.ACKNOWLEDGED:
            return self
        return replace(self, state=AlertState.ACKNOWLEDGED, acknowledged_at=now, actor=actor)

    def resolve(self, actor: str, now: datetime) -> "Alert":
        """End it; the same alert where it ended already."""
        if self.state is AlertState.RESOLVED:
            return self
        return replace(self, state=AlertState.RESOLVED, resolved_at=now, actor=actor)

    def changed(self) -> AlertChanged:
        """The event of its last change."""
        return AlertChanged(
            alert_id=self.id,
            organization=self.organization,
            kind=self.kind,
            subject=self.subject,
            severity=self.severity,
            summary=self.summary,
            state=self.state,
            opened_at=self.opened_at,
            changed_at=self.resolved_at or self.acknowledged_at or self.opened_at,
            actor=self.actor,
        )


def open_alert(condition: Condition, alert_id: str, now: datetime) -> Alert:
    """A new alert about `condition`."""
    return Alert(
        id=alert_id,
        organization=condition.organization,
        kind=condition.kind,
        subject=condition.subject,
        severity=SEVERITIES[condition.kind],
        summary=condition.summary,
        state=AlertState.OPEN,
        opened_at=now,
        acknowledged_at=None,
        resolved_at=None,
        actor=SEAWALL,
    )
