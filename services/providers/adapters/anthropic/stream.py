"""Anthropic's streamed answers: from `message_start` to `message_stop`."""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from resilience.errors import Reason
from services.providers.adapters.anthropic import wire
from services.providers.adapters.anthropic.answers import finish_of, read_event
from services.providers.adapters.sse import SseParser
from services.providers.adapters.vendor_body import OK
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.failure import VendorFailure
from services.providers.domain.seam import Seam

_STOP = b'{"type":"message_stop"}'
_BLANK = 16
"""Bytes of an event that may be nothing but spaces."""


class MessageStreamDecoder:
    """Reads one streamed answer. See StreamDecoder. A frame's data is the event's; its name is the data's `type`.

    `dropped`: see Frame. `seam`: see VendorRequest.
    """

    def __init__(self, *, max_event: int, dropped: tuple[str, ...] = (), seam: str = "") -> None:
        self._dropped = dropped
        self._events = SseParser(max_event=max_event)
        self._seam = Seam(seam)
        self._started = False
        self._finished = False
        self._blocks: set[int] = set()
        self._usage: Usage | None = None
        self.ended = False

    @property
    def complete(self) -> bool:
        """See StreamDecoder. The stop reason says so; `message_stop`, which says nothing more, is a moment away."""
        return self._finished

    @property
    def usage_told(self) -> bool:
        """See StreamDecoder."""
        return self._usage is not None

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """See StreamDecoder."""
        for event in self._events.feed(chunk):
            if self.ended:
                return
            for frame in self._frames(event):
                yield replace(frame, dropped=self._dropped) if self._dropped else frame
                self._dropped = ()

    def close(self) -> Iterator[Frame]:
        """See StreamDecoder. Callers are told the end in any case: their SDKs wait for it."""
        if self.ended:
            return
        try:
            last = list(self._frames(self._events.rest()))
        except VendorFailure:
            last = []  # an event that is cut
        if not self._finished:
            raise VendorFailure(Reason.VENDOR_STREAM_CUT, status=OK)
        yield from last
        if not self.ended:
            self.ended = True
            yield Frame(_STOP)
            yield Frame(end=True)

    def _frames(self, event: bytes) -> Iterator[Frame]:
        if len(event) <= _BLANK and not event.strip():
            return  # keeps the connection alive
        said = read_event(event)
        if b"\n" in event:
            # The lines of one event: between JSON's tokens a space is as good, and it stays one line for the caller.
            event = event.replace(b"\n", b" ")
        match said.type:
            case "ping":
                pass
            case "message_start":
                yield self._start(event, said)
            case "content_block_start" | "content_block_delta":
                self._check_block(said)
                if not self._finished:  # nobody knows what more would belong to
                    yield self._said(event, said)
            case "message_delta":
                yield self._delta(event, said)
            case "message_stop":
                self._check_stop()
                self.ended = True
                yield Frame(event)
                yield Frame(end=True)
            case _:
                yield Frame(event)  # the end of a block, or of a kind that is newer than this

    def _start(self, event: bytes, said: wire.StreamEvent) -> Frame:
        if self._started or said.message is None:
            raise _malformed("The vendor's answer has no beginning, or two.")
        self._started = True
        if said.message.usage is not None:
            self._usage = said.message.usage.usage()
        return Frame(event, usage=self._usage)

    def _said(self, event: bytes, said: wire.StreamEvent) -> Frame:
        """The event of a block, with the text in it that comes after what was said before."""
        text = _text(said)
        joined = self._seam.joined(text) if text else text
        if joined != text:
            written = msgspec.json.decode(event)
            written["delta" if said.delta is not None else "content_block"]["text"] = joined
            event = msgspec.json.encode(written)
        return Frame(event, joined)

    def _check_block(self, said: wire.StreamEvent) -> None:
        """Raise VendorFailure where an SDK could not put it together with what came before."""
        starts = said.type == "content_block_start"
        added = said.content_block if starts else said.delta
        if not self._started or added is None or starts is (said.index in self._blocks):
            raise _malformed("The events of the vendor's stream do not belong together.")
        self._blocks.add(said.index)

    def _delta(self, event: bytes, said: wire.StreamEvent) -> Frame:
        if not self._started:
            raise _malformed("The events of the vendor's stream do not belong together.")
        finish_reason = ""
        if said.delta is not None and said.delta.stop_reason:
            self._finished = True
            finish_reason = finish_of(said.delta.stop_reason)
        if said.usage is None:
            return Frame(event, finish_reason=finish_reason)
        self._usage = said.usage.usage(self._usage)
        return Frame(event, finish_reason=finish_reason, usage=self._usage)

    def _check_stop(self) -> None:
        if not self._finished:
            raise VendorFailure(
                Reason.VENDOR_STREAM_CUT, why="The vendor's answer ended without a stop reason.", status=OK
            )


def _text(said: wire.StreamEvent) -> str:
    added = said.delta or said.content_block
    return (added.text or "") if added is not None and added.type in {"text_delta", "text"} else ""


def _malformed(why: str) -> VendorFailure:
    return VendorFailure(Reason.VENDOR_MALFORMED, why=why, status=OK)
