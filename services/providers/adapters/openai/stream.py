"""OpenAI's streamed answers: events of chunks, to `[DONE]`."""

from collections.abc import Iterator

from resilience.errors import Reason
from services.providers.adapters.openai import wire
from services.providers.adapters.openai.answers import OK, read
from services.providers.adapters.sse import SseParser
from services.providers.domain.answer import Frame
from services.providers.domain.failure import VendorFailure

DONE = b"[DONE]"


class ChatStreamDecoder:
    """Reads one streamed answer. See StreamDecoder.

    `choices`: how many were asked for. `usage_hidden`: chunks that only tell usage are not passed on.
    """

    def __init__(self, *, choices: int, usage_hidden: bool, max_event: int) -> None:
        self._events = SseParser(max_event=max_event)
        self._asked = choices
        self._usage_hidden = usage_hidden
        self._seen: set[int] = set()
        self._finished: set[int] = set()
        self.usage_told = False
        self.ended = False

    @property
    def complete(self) -> bool:
        """See StreamDecoder."""
        return len(self._finished) >= max(self._asked, len(self._seen))

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """See StreamDecoder."""
        for event in self._events.feed(chunk):
            if self.ended:
                return
            yield self._end() if event == DONE else self._frame(event)

    def close(self) -> Iterator[Frame]:
        """See StreamDecoder."""
        if self.ended:
            return
        if not self.complete and self._events.rest().rstrip() != DONE:
            raise VendorFailure(Reason.VENDOR_STREAM_CUT, status=OK)
        yield self._end()

    def _end(self) -> Frame:
        # `[DONE]` alone is no proof: proxies send it after an upstream of theirs broke off.
        if not self._seen or self._seen - self._finished:
            raise VendorFailure(
                Reason.VENDOR_STREAM_CUT, why="The vendor's answer ended without a finish reason.", status=OK
            )
        self.ended = True
        return Frame(end=True)

    def _frame(self, event: bytes) -> Frame:
        chunk = read(event)
        choices = chunk.choices or ()
        usage = chunk.usage.usage() if chunk.usage is not None else None
        if usage is not None:
            self.usage_told = True
            if not choices and self._usage_hidden:
                return Frame(usage=usage)
        text, finish_reason = "", ""
        for choice in choices:
            self._seen.add(choice.index)
            text += _text(choice)
            if choice.finish_reason:
                finish_reason = choice.finish_reason
                self._finished.add(choice.index)
        return Frame(event, text, finish_reason, usage)


def _text(choice: wire.Choice) -> str:
    delta = choice.delta
    return delta.content if delta is not None and isinstance(delta.content, str) else ""
