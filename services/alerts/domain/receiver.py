"""A receiver: somebody to tell, how, and whether telling them still works."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.secrets import is_reference
from resilience.errors import Failure, Reason

DISABLE_AFTER = timedelta(days=5)
"""A receiver that only failed for so long is not sent to any more."""

_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Format(StrEnum):
    """The body that a receiver is sent."""

    WEBHOOK = "webhook"
    SLACK = "slack"


class Origin(StrEnum):
    """Who set a receiver; a manifest deletes only what a manifest made."""

    MANIFEST = "manifest"
    RPC = "rpc"


@dataclass(frozen=True)
class ReceiverSettings:
    """What an operator says of a receiver. `url` is a URL or `env:NAME`; `secret` is `env:NAME` or empty."""

    format: Format
    url: str
    secret: str = ""

    def __post_init__(self) -> None:
        if not self.url:
            raise _wrong("url", "A receiver needs a URL.")
        if self.secret and not is_reference(self.secret):
            raise _wrong("secret", "A secret is given as a reference, env:NAME, never as itself.")
        if self.format is Format.WEBHOOK and not self.secret:
            raise _wrong("secret", "A webhook needs a signing secret, as env:NAME.")
        if self.format is Format.SLACK and self.secret:
            raise _wrong("secret", "A Slack webhook takes no signing secret; its URL is the secret.")


@dataclass(frozen=True)
class Receiver:
    """A receiver of an organization. `failing_since`: the first of its tries that failed since one succeeded."""

    organization: str
    id: str
    settings: ReceiverSettings
    origin: Origin
    created_at: datetime
    disabled: bool = False
    failing_since: datetime | None = None

    def succeeded(self) -> "Receiver":
        """After a delivery: whatever failed before is forgotten. One that was disabled meanwhile stays so."""
        return replace(self, failing_since=None)

    def failed(self, now: datetime, *, gone: bool) -> "Receiver":
        """After a try that failed. `gone`: it answered that it does not want to be told any more (410)."""
        since = self.failing_since or now
        return replace(self, failing_since=since, disabled=self.disabled or gone or now - since >= DISABLE_AFTER)

    def enabled(self) -> "Receiver":
        """In force again, as if new."""
        return replace(self, disabled=False, failing_since=None)

    def replaced(self, settings: ReceiverSettings, origin: Origin) -> "Receiver":
        """With other settings, which may well work: in force again."""
        return replace(self.enabled(), settings=settings, origin=origin)


def check_receiver_id(receiver_id: str) -> None:
    """Raise Failure(INVALID_REQUEST) where `receiver_id` cannot be one."""
    if not _ID.fullmatch(receiver_id):
        raise _wrong("receiver_id", "A receiver id is at most 63 lower-case letters, digits and inner hyphens.")


def _wrong(field: str, message: str) -> Failure:
    return Failure(Reason.INVALID_REQUEST, message, detail={"field": field})
