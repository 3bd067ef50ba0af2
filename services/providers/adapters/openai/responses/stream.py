"""OpenAI's streamed responses: events up to `response.completed` or `response.incomplete`."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from resilience.errors import Reason
from services.providers.adapters.openai.responses.answers import Said, check, failure
from services.providers.adapters.sse import SseParser
from services.providers.adapters.vendor_body import OK, read_whole
from services.providers.domain.answer import Frame
from services.providers.domain.failure import VendorFailure

LAST = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})
TEXT = "response.output_text.delta"
_BLANK = 16
"""Bytes of an event that may be nothing but spaces."""
_DONE = b"[DONE]"


class _Event(msgspec.Struct):
    type: str | None = None
    delta: Any = None
    response: Said | None = None
    code: Any = None
    error: Any = None
    """Where a gateway before OpenAI has the error's fields."""


_event = msgspec.json.Decoder(_Event)


class ResponseStreamDecoder:
    """Reads one streamed response. See StreamDecoder. A frame's data is the event's; its name is the data's `type`.

    `dropped`: see Frame.
    """

    def __init__(self, *, max_event: int, dropped: tuple[str, ...] = ()) -> None:
        self._events = SseParser(max_event=max_event)
        self._dropped = dropped
        self.usage_told = False
        self.ended = False

    @property
    def complete(self) -> bool:
        """See StreamDecoder. Only the last event says so, and with it all is told."""
        return self.ended

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """See StreamDecoder."""
        for event in self._events.feed(chunk):
            if self.ended:
                return
            for frame in self._frames(event):
                yield replace(frame, dropped=self._dropped) if self._dropped else frame
                self._dropped = ()

    def close(self) -> Iterator[Frame]:
        """See StreamDecoder."""
        if self.ended:
            return
        try:
            last = list(self._frames(self._events.rest()))
        except VendorFailure:
            last = []  # an event that is cut
        yield from last
        if not self.ended:
            raise VendorFailure(Reason.VENDOR_STREAM_CUT, status=OK)

    def _frames(self, data: bytes) -> Iterator[Frame]:
        if len(data) <= _BLANK and (not data.strip() or data.strip() == _DONE):
            return  # keeps the connection alive; or what a proxy ends every stream with, which proves nothing
        event = read_whole(_event, data)
        if b"\n" in data:
            # The lines of one event: between JSON's tokens a space is as good, and it stays one line for the caller.
            data = data.replace(b"\n", b" ")
        if event.type == TEXT:
            yield Frame(data, event.delta if isinstance(event.delta, str) else "")
        elif event.type in LAST:
            yield from self._last(event.response or Said(), data)
        elif event.type == "error" or event.type is None:
            code = event.error.get("code") if isinstance(event.error, dict) else event.code
            raise failure(code, data)
        else:
            yield Frame(data)

    def _last(self, said: Said, data: bytes) -> Iterator[Frame]:
        check(said, data)
        usage = said.usage.usage() if said.usage is not None else None
        self.usage_told = usage is not None
        yield Frame(data, finish_reason=said.finish_reason(), usage=usage)
        self.ended = True
        yield Frame(end=True)
