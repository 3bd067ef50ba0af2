"""Bedrock's streamed answers: from `messageStart` to `messageStop`, and `metadata` after it."""

from collections.abc import Iterator

import msgspec

from resilience.errors import Reason
from services.providers.adapters.bedrock import wire
from services.providers.adapters.bedrock.answers import check_stop, finish_of, read_event
from services.providers.adapters.bedrock.event_stream import EventStream
from services.providers.adapters.vendor_body import OK
from services.providers.domain.answer import Frame
from services.providers.domain.failure import VendorFailure
from services.providers.domain.seam import Seam


class ConverseStreamDecoder:
    """Reads one streamed answer. See StreamDecoder. A frame's data is `{name: payload}` of its event.

    `seam`: see VendorRequest.
    """

    def __init__(self, *, max_event: int, seam: str = "") -> None:
        self._seam = Seam(seam)
        self._events = EventStream(max_event=max_event)
        self._started = False
        self._calls: set[int] = set()
        self._whole: set[int] = set()
        self.complete = False
        self.usage_told = False
        self.ended = False

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """See StreamDecoder."""
        for event in self._events.feed(chunk):
            if self.ended:
                return
            yield from self._frames(event)

    def close(self) -> Iterator[Frame]:
        """See StreamDecoder."""
        if self.ended:
            return
        if not self.complete:
            raise VendorFailure(
                Reason.VENDOR_STREAM_CUT, why="The vendor's answer ended without a stop reason.", status=OK
            )
        self.ended = True
        yield Frame(end=True)

    def _frames(self, event: bytes) -> Iterator[Frame]:
        said = read_event(event)
        if said.content_block_delta is not None:
            self._check_delta(said.content_block_delta)
            if not self.complete:  # nobody knows what more would belong to
                yield self._said(event, said.content_block_delta)
        elif said.content_block_start is not None:
            self._start_block(said.content_block_start)
            yield from () if self.complete else (Frame(event),)
        elif said.content_block_stop is not None:
            self._check(self._started)
            self._whole.add(said.content_block_stop.content_block_index)
            yield Frame(event)
        elif said.message_start is not None:
            self._check(not self._started)
            self._started = True
            yield Frame(event)
        elif said.message_stop is not None:
            yield self._stop(event, said.message_stop)
        elif said.metadata is not None:
            usage = said.metadata.usage.usage() if said.metadata.usage is not None else None
            self.usage_told |= usage is not None
            yield Frame(event, usage=usage)
        else:
            yield Frame(event)  # of a kind that is newer than this
        if self.complete and self.usage_told and not self.ended:
            self.ended = True
            yield Frame(end=True)

    def _said(self, event: bytes, said: wire.BlockDelta) -> Frame:
        """The event, with the text in it that comes after what was said before."""
        text = _text(said)
        joined = self._seam.joined(text) if text else text
        if joined != text:
            written = msgspec.json.decode(event)
            written["contentBlockDelta"]["delta"]["text"] = joined
            event = msgspec.json.encode(written)
        return Frame(event, joined)

    def _start_block(self, said: wire.BlockStart) -> None:
        index = said.content_block_index
        self._check(self._started and index not in self._calls and index not in self._whole)
        if said.start is not None and said.start.tool_use is not None:
            self._calls.add(index)

    def _check_delta(self, said: wire.BlockDelta) -> None:
        """Raise VendorFailure where nobody could put it together with what came before."""
        index = said.content_block_index
        self._check(self._started and said.delta is not None and index not in self._whole)
        if said.delta is not None and said.delta.tool_use is not None:
            self._check(index in self._calls)

    def _stop(self, event: bytes, said: wire.MessageStop) -> Frame:
        self._check(self._started and not self.complete and bool(said.stop_reason))
        check_stop(said.stop_reason)
        self.complete = True
        return Frame(event, finish_reason=finish_of(said.stop_reason))

    @staticmethod
    def _check(fits: bool) -> None:
        if not fits:
            raise VendorFailure(
                Reason.VENDOR_MALFORMED, why="The events of the vendor's stream do not belong together.", status=OK
            )


def _text(said: wire.BlockDelta) -> str:
    return (said.delta.text or "") if said.delta is not None else ""
