"""What the use cases need from outside, and what those who give it must keep to."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from events.credentials import CredentialChanged
from resilience.errors import Reason
from services.providers.domain.answer import Answer, Frame
from services.providers.domain.envelope import Envelope

Headers = tuple[tuple[str, str], ...]
Header = Callable[[str], str]
"""Gives the value of an answer's header; empty where it is missing."""

CONTENT_TYPE = ("content-type", "application/json")
"""A header of every request, beside those that authenticate it."""


class VendorRequest(msgspec.Struct, frozen=True):
    """A request as a vendor is sent it.

    `path` is relative to the provider's base URL. `choices`: how many answers were asked for. `usage_hidden`: usage
    is asked for although the caller did not, so what only tells usage is not passed on. `dropped`: fields of the
    caller's that it does not say. `headers`: beside those of every request and those that authenticate it. `seam`: the
    white space at the end of its envelope's prefix, where it does not say that.
    """

    path: str
    body: bytes
    choices: int = 1
    usage_hidden: bool = False
    dropped: tuple[str, ...] = ()
    headers: Headers = ()
    seam: str = ""


class StreamDecoder(Protocol):
    """Reads one streamed answer, which may be split anywhere."""

    @property
    def complete(self) -> bool:
        """Every choice has its finish reason: only usage and the end are still to come."""
        ...

    @property
    def usage_told(self) -> bool:
        """Usage was in a frame."""
        ...

    @property
    def ended(self) -> bool:
        """The frame with `end` was given; nothing more is read."""
        ...

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """The frames that `chunk` completes. Raises VendorFailure, after the frames before it."""
        ...

    def close(self) -> Iterator[Frame]:
        """The frame with `end`, now that nothing more comes. Raises VendorFailure where the answer is not complete."""
        ...


class Dialect(Protocol):
    """One vendor's wire format. All calls share it: it waits for nothing, and keeps nothing of any of them.

    It may read the time, for what is signed with it.
    """

    def authenticate(self, secret: str | None, url: str, body: bytes) -> Headers:
        """What authenticates the request of `body` to `url`; nothing where there is no secret.

        Raises VendorFailure(VENDOR_AUTHENTICATION) where the secret is of no kind that the vendor takes.
        """
        ...

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """Its body asking for its model, and to go on after its prefix, with every other field as it was.

        Raises Failure where the body cannot be read.
        """
        ...

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:
        """Read the whole answer to `request`. Raises VendorFailure where it is none."""
        ...

    def decoder(self, request: VendorRequest) -> StreamDecoder:
        """A decoder for the answer to `request`."""
        ...

    def reason(self, status: int, body: bytes, header: Header) -> Reason:
        """Why a call failed that the vendor answered with this error."""
        ...

    def retry_after(self, body: bytes) -> float | None:
        """Seconds that the body of an error asks to wait, at most a minute; None where it says nothing of it."""
        ...


class VendorResponse(Protocol):
    """An answer whose headers are there. It must be released or abandoned, once."""

    status: int

    def header(self, name: str) -> str:
        """Value of a header; empty where it is missing."""
        ...

    def retry_after(self) -> float | None:
        """Seconds that the vendor asks to wait, at most a minute; None where it says nothing that can be read."""
        ...

    async def read(self, limit: int) -> bytes:
        """The rest of the body. Raises VendorFailure, as `chunk` does, and where it is larger than `limit` bytes."""
        ...

    async def read_some(self, limit: int) -> bytes:
        """At most `limit` bytes of the body, or what came of it before it broke off."""
        ...

    async def chunk(self) -> bytes | None:
        """The next piece of the body, decompressed; None after the last.

        Raises VendorFailure: connection lost, or malformed where it cannot be decompressed.
        """
        ...

    def release(self) -> None:
        """Let the connection serve again once what is left of the body has passed."""
        ...

    async def abandon(self) -> None:
        """Close the connection at once unless the body was read to its end."""
        ...


class VendorHttp(Protocol):
    """One provider's HTTP to its vendor, over pooled connections. It follows no redirects and tries nothing twice."""

    async def post(self, url: str, headers: Headers, body: bytes) -> VendorResponse:
        """Return when the headers are there; cancelling closes the connection. Raises VendorFailure.

        An address that may not be called is VENDOR_UNREACHABLE, and not retryable.
        """
        ...


class Connections(Protocol):
    """Opens ways to vendors. Those that share a proxy, authorities and a host share its connections.

    They are closed when no provider has them any more and their calls have ended.
    """

    def open(self, provider: str, proxy: str, ca: str) -> VendorHttp:
        """HTTP for that provider, by the proxy of that URL, trusting that PEM's authorities beside the system's.

        Either may be empty. Does not connect yet. Raises ValueError, which does not repeat what is wrong.
        """
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """What a vendor takes in place of a secret, for `seconds` from when it was given."""

    value: str = field(repr=False)
    seconds: float


class Grant(Protocol):
    """What one credential's tokens are asked for with. It keeps none, and tries nothing twice."""

    async def __call__(self, http: VendorHttp) -> Token:
        """A new one. Raises VendorFailure, which never holds what was said by either side.

        VENDOR_AUTHENTICATION: the credential is refused. VENDOR_RATE_LIMITED: it is asked for too often.
        VENDOR_UNREACHABLE: whoever gives tokens cannot be reached, or fails. VENDOR_MALFORMED: the answer is none.
        """
        ...


class Attempt(Protocol):
    """A call that is being observed."""

    traceparent: str
    """What the vendor is told; empty where the call is not traced."""


class Observer(Protocol):
    """Measures and traces calls. Never blocks, never raises."""

    def attempt(self, envelope: Envelope, *, vendor: str, host: str) -> AbstractContextManager[Attempt]:
        """Observe what happens inside; a Failure or cancellation that leaves it is recorded."""
        ...


class CredentialEvents(Protocol):
    """Tells the world of credentials. Never blocks, never raises; what is newer replaces what was not told yet."""

    def put(self, event: CredentialChanged) -> None:
        """Tell of a change, as soon as that can be."""
        ...


class Secrets(Protocol):
    """Where references lead."""

    def resolve(self, reference: str) -> str:
        """The secret that `reference` names. Raises Failure where there is none."""
        ...
