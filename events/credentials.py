"""`seawall.credentials.v1`: which of a provider's credentials vendors refuse."""

from enum import StrEnum
from typing import ClassVar

from events.base import Event, Time
from resilience.errors import Reason


class CredentialState(StrEnum):
    """Whether a credential is shown to the vendor."""

    IN_USE = "in_use"
    RESTING = "resting"
    """The vendor refused it; it is tried again later."""
    REMOVED = "removed"
    """It is not configured any more."""


class CredentialChanged(Event, frozen=True, kw_only=True):
    """A provider's credential is now in another state."""

    type: ClassVar[str] = "seawall.credential.changed"

    organization: str
    provider: str
    credential: str
    """The reference that names it, such as `env:OPENAI_API_KEY`; never the secret."""
    state: CredentialState
    reason: Reason | None = None
    """Why it rests."""
    explanation: str
    since: Time
    until: Time | None = None
    """When a resting one is tried again."""
