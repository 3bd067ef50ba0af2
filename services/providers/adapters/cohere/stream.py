"""Cohere's streamed answers: events from `message-start` to `message-end`."""

from collections.abc import Iterator

from resilience.errors import Reason
from services.providers.adapters.cohere import wire
from services.providers.adapters.cohere.answers import check_finish, finish_of, read_event
from services.providers.adapters.sse import SseParser
from services.providers.adapters.vendor_body import OK
from services.providers.domain.answer import Frame
from services.providers.domain.failure import VendorFailure

DONE = b"[DONE]"
"""What the SDK takes for an end, too."""
END = "message-end"


class CohereStreamDecoder:
    """Reads one streamed answer. See StreamDecoder."""

    def __init__(self, *, max_event: int) -> None:
        self._events = SseParser(max_event=max_event)
        self.complete = False
        self.usage_told = False
        self.ended = False

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """See StreamDecoder."""
        for event in self._events.feed(chunk):
            if self.ended:
                return
            if event.strip() not in {b"", DONE}:
                yield from self._frames(event)

    def close(self) -> Iterator[Frame]:
        """See StreamDecoder."""
        if self.ended:
            return
        try:
            last = list(self._frames(self._events.rest()))
        except VendorFailure:
            last = []  # an event that is cut
        if not self.ended:
            raise VendorFailure(
                Reason.VENDOR_STREAM_CUT, why="The vendor's answer ended without a finish reason.", status=OK
            )
        yield from last

    def _frames(self, event: bytes) -> Iterator[Frame]:
        said = read_event(event)
        event = event.replace(b"\n", b" ")
        delta = said.delta or wire.Delta()
        if said.type != END:
            yield Frame(event, _text(delta.message))
            return
        if delta.error:
            raise VendorFailure(Reason.VENDOR_ERROR, status=OK, body=event)
        if not delta.finish_reason:
            raise VendorFailure(
                Reason.VENDOR_STREAM_CUT, why="The vendor's answer ended without a finish reason.", status=OK
            )
        check_finish(delta.finish_reason, event)
        usage = delta.usage.usage() if delta.usage is not None else None
        self.complete = self.ended = True
        self.usage_told = usage is not None
        yield Frame(event, "", finish_of(delta.finish_reason), usage)
        yield Frame(end=True)


def _text(said: wire.Said | None) -> str:
    content = said.content if said is not None else None
    return (content.text or "") if isinstance(content, wire.Block) else ""
