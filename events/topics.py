"""Every topic, declared once: name, key, order, retention."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from events.alerts import AlertChanged
from events.base import Event
from events.breakers import BreakerChanged
from events.config import ConfigChanged
from events.credentials import CredentialChanged
from events.health import TargetVerdictChanged
from events.requests import RequestFinished

E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True)
class Topic(Generic[E_co]):
    """A topic holds one kind of event; what has the same key stays in order."""

    name: str
    event: type[E_co]
    key: str
    """What the record key is, in words."""
    description: str
    partitions: int = 12
    retention: timedelta | None = timedelta(days=7)
    """None: for ever (the topic is compacted by key)."""

    @property
    def dead_letters(self) -> str:
        """Name of the topic that takes what a consumer could not process."""
        return f"{self.name}.dlq"


REQUESTS = Topic(
    "seawall.requests.v1",
    RequestFinished,
    key="request id",
    description="One record for each request that a gateway finished: plan, attempts, outcome, tokens, cost.",
)
HEALTH = Topic(
    "seawall.health.v1",
    TargetVerdictChanged,
    key="organization/target",
    description="The latest verdict of each target.",
    retention=None,
)
BREAKERS = Topic(
    "seawall.breakers.v1",
    BreakerChanged,
    key="organization/target",
    description="Every transition of each target's breaker, by the gateway that saw it.",
    retention=None,
)
CREDENTIALS = Topic(
    "seawall.credentials.v1",
    CredentialChanged,
    key="organization/provider/credential",
    description="Which of a provider's credentials rest, because a vendor refused them.",
    retention=None,
)
CONFIG = Topic(
    "seawall.config.v1",
    ConfigChanged,
    key="resource name",
    description="Every change of what is set.",
    retention=None,
)
ALERTS = Topic(
    "seawall.alerts.v1",
    AlertChanged,
    key="alert id",
    description="Every change of every alert.",
)

TOPICS: tuple[Topic[Event], ...] = (REQUESTS, HEALTH, BREAKERS, CREDENTIALS, CONFIG, ALERTS)
