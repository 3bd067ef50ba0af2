"""What the gateway needs from outside, and what those who give it must keep to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import msgspec

from events.cloudevents import Record
from services.gateway.domain.dialect import Name
from services.gateway.domain.route import Target, Unsupported
from services.gateway.domain.usage import Usage


class Envelope(msgspec.Struct, frozen=True):
    """One attempt on its way to one target."""

    request_id: str
    attempt: int
    organization: str
    target: Target
    body: bytes
    stream: bool
    timeout: float
    """Seconds that the attempt may take."""
    traceparent: str
    dialect: Name
    """What `body` is written in."""
    unsupported: Unsupported = Unsupported.AUTO
    headers: Mapping[str, str] = MappingProxyType({})
    """What of the caller's a vendor of the same dialect is told, by lower-case names."""
    prefix: str = ""
    """Text that the answer has already; the target is to go on after it."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """A piece of an answer; a whole answer is one frame with `end`."""

    data: bytes = b""
    """JSON in the caller's dialect; may be empty where the frame only ends the answer or tells its usage."""
    text: str = ""
    """What the piece adds to the answer's text; empty in whole answers."""
    finish_reason: str = ""
    usage: Usage | None = None
    end: bool = False
    """Nothing follows: the vendor finished in order."""
    dropped: tuple[str, ...] = ()
    """Fields of the request that the vendor was not told; in the first frame only."""


class Call(Protocol):
    """One target being asked: read its answer frame after frame, then close it, read to its end or not."""

    async def next(self) -> Frame:
        """The next frame, the last one with `end`.

        Raises VendorFailure where the vendor failed, Failure where the way to it did, both also after frames.
        """
        ...

    def close(self) -> None:
        """Have the vendor's call cancelled at once, unless it is over."""
        ...


class Hop(Protocol):
    """The way to the service that speaks vendors' dialects."""

    async def call(self, envelope: Envelope) -> Call:
        """Ask one target once; never again. Raises Failure where there is no way to it."""
        ...


class Journal(Protocol):
    """The durable list of finished requests that Kafka does not have yet."""

    @property
    def full(self) -> bool:
        """Whether it takes no more; new requests are then refused before they cost anything."""
        ...

    async def append(self, record: Record) -> None:
        """Return once the record outlives this process. Raises Failure where it cannot."""
        ...
