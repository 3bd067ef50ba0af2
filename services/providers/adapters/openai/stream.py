"""OpenAI's streamed answers: events of chunks, to `[DONE]`."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from resilience.errors import Reason
from services.providers.adapters.openai import wire
from services.providers.adapters.openai.answers import check_finish, read
from services.providers.adapters.openai.errors import said_without_choices
from services.providers.adapters.sse import SseParser
from services.providers.adapters.vendor_body import OK
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.failure import VendorFailure

DONE = b"[DONE]"
_SHORT = 16
"""Bytes of an event that may be `[DONE]`, or blank, with spaces around it."""


class ChatStreamDecoder:
    """Reads one streamed answer. See StreamDecoder.

    `choices`: how many were asked for. `usage_hidden`: chunks that only tell usage are not passed on. `dropped`: see
    Frame.
    """

    def __init__(self, *, choices: int, usage_hidden: bool, max_event: int, dropped: tuple[str, ...] = ()) -> None:
        self._events = SseParser(max_event=max_event)
        self._asked = choices
        self._usage_hidden = usage_hidden
        self._dropped = dropped
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
            frame = self._frame(event)
            if frame is not None:
                if self._dropped:
                    frame, self._dropped = replace(frame, dropped=self._dropped), ()
                yield frame

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

    def _frame(self, event: bytes) -> Frame | None:
        """The frame of an event; None where nothing of it is for the caller."""
        if len(event) <= _SHORT and not (event := event.strip()):
            return None  # keeps the connection alive
        if event == DONE:
            return self._end()
        chunk = read(event)
        if b"\n" in event:
            # The lines of one event: between JSON's tokens a space is as good, and it stays one line for the caller.
            event = event.replace(b"\n", b" ")
        usage = chunk.usage.usage() if chunk.usage is not None else None
        if usage is not None:
            self.usage_told = True
        choices = chunk.choices
        if not choices:
            return self._without_choices(event, usage, chunk=choices is not None)
        if self._finished and self._goes_on(choices):
            return Frame(usage=usage) if usage is not None else None
        text, finish_reason = "", ""
        for choice in choices:
            self._seen.add(choice.index)
            text += _text(choice)
            if choice.finish_reason:
                check_finish(choice.finish_reason)
                finish_reason = choice.finish_reason
                self._finished.add(choice.index)
        return Frame(event, text, finish_reason, usage)

    def _without_choices(self, event: bytes, usage: Usage | None, *, chunk: bool) -> Frame | None:
        """The frame of an event that adds nothing to the answer; `chunk`: it has choices, but none in them."""
        if usage is not None:
            return Frame(b"" if self._usage_hidden else event, usage=usage)
        if chunk:
            return Frame(event)  # such as Azure's word on the prompt
        reason = said_without_choices(event)
        if reason is not None:
            raise VendorFailure(reason, status=OK, body=event)
        return None  # a ping, or something else of the vendor's own

    def _goes_on(self, choices: Sequence[wire.Choice]) -> bool:
        """Whether these add to what has its finish reason: nobody knows what that belongs to, so it is left out.

        Raises VendorFailure where others, which are not finished, would be left out with it.
        """
        if not any(choice.index in self._finished and _text(choice) for choice in choices):
            return False
        if all(choice.index in self._finished for choice in choices):
            return True
        raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer goes on after its end.", status=OK)


def _text(choice: wire.Choice) -> str:
    delta = choice.delta
    if delta is None:
        return choice.text or ""
    return delta.content if isinstance(delta.content, str) else ""
