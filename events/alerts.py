"""`seawall.alerts.v1`: the life of each alert."""

from enum import StrEnum
from typing import ClassVar

from events.base import Event, Time


class AlertState(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """How urgent an alert is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertChanged(Event, frozen=True, kw_only=True):
    """An alert was opened, acknowledged or resolved; also the body of a webhook."""

    type: ClassVar[str] = "seawall.alert.changed"

    alert_id: str
    organization: str
    kind: str
    """What kind of condition, such as `target_down`."""
    subject: str
    """What it is about, such as `openai-main/gpt-5-mini`."""
    severity: Severity
    summary: str
    state: AlertState
    opened_at: Time
    changed_at: Time
    actor: str
    """Name of the key that acted; `seawall` where the condition itself changed."""
