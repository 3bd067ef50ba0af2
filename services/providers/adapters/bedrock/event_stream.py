"""AWS's binary frames of a stream (application/vnd.amazon.eventstream), read by botocore, their checksums included.

Source: smithy.io/2.0/aws/amazon-eventstream.html; botocore/eventstream.py.
"""

import struct
from collections.abc import Iterator
from typing import Any

from botocore.eventstream import EventStreamBuffer, ParserError

from resilience.errors import Reason
from services.providers.adapters.bedrock.errors import reason_of
from services.providers.adapters.vendor_body import OK
from services.providers.domain.failure import VendorFailure

_UNREADABLE = (ParserError, struct.error, UnicodeDecodeError, LookupError)
"""What botocore raises for what is no frame."""


class EventStream:
    """Turns pieces of a stream, split at any byte, into its events. `max_event`: bytes that one frame may have."""

    def __init__(self, *, max_event: int) -> None:
        self._buffer = EventStreamBuffer()
        self._max_event = max_event
        self._pending = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The events that `piece` completes, each as the JSON object `{name: payload}`.

        Raises VendorFailure, after the events before: what cannot be read, is too large, or tells of an error.
        """
        self._buffer.add_data(piece)
        self._pending += len(piece)
        while (message := self._next()) is not None:
            yield _event(message.headers, message.payload)
        self._check(self._pending)

    def _next(self) -> Any | None:
        try:
            message = next(self._buffer, None)
        except _UNREADABLE:
            raise VendorFailure(
                Reason.VENDOR_MALFORMED, why="A frame of the vendor's stream is broken.", status=OK
            ) from None
        if message is not None:
            self._check(message.prelude.total_length)
            self._pending -= message.prelude.total_length
        return message

    def _check(self, size: int) -> None:
        if size > self._max_event:
            raise VendorFailure(Reason.VENDOR_RESPONSE_TOO_LARGE, status=OK)


def _event(headers: dict[str, Any], payload: bytes) -> bytes:
    """The event of a frame. Raises VendorFailure where it tells of an error."""
    match headers.get(":message-type"):
        case "event":
            name = str(headers.get(":event-type", ""))
            if not name.isalnum() or not name.isascii():
                raise VendorFailure(
                    Reason.VENDOR_MALFORMED, why="An event of the vendor's stream has no name.", status=OK
                )
            return b'{"%b":%b}' % (name.encode(), payload or b"{}")
        case "exception":
            kind, body = str(headers.get(":exception-type", "")), payload
        case _:  # an error that the service model does not have
            kind, body = str(headers.get(":error-code", "")), str(headers.get(":error-message", "")).encode()
    raise VendorFailure(reason_of(OK, payload, kind), status=OK, body=body)
