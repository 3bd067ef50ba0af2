"""Gemini's streamed answers (`alt=sse`): events of chunks, to the end of the body; no mark says that it was meant."""

from collections.abc import Iterator, Sequence

from resilience.errors import Reason
from services.providers.adapters.gemini import wire
from services.providers.adapters.gemini.answers import calls, check_finish, check_prompt, finish, read
from services.providers.adapters.gemini.errors import failure, is_error
from services.providers.adapters.sse import SseParser
from services.providers.adapters.vendor_body import OK
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.failure import VendorFailure


class _Events(SseParser):
    """An error breaks into a stream as JSON by itself, on several lines: they are an event's data like any other.

    Seen in theopenco/llmgateway's pull request 3616; `_RawJsonLineBuffer` of googleapis/python-genai is for it, too.
    """

    _bare = False

    def _line(self, line: bytes) -> bytes | None:
        self._bare = bool(line) and (self._bare or line.startswith(b"{"))
        if not self._bare:
            return super()._line(line)
        self._keep(line)
        return None


class GeminiStreamDecoder:
    """Reads one streamed answer. See StreamDecoder. `choices`: how many were asked for."""

    def __init__(self, *, choices: int, max_event: int) -> None:
        self._events = _Events(max_event=max_event)
        self._asked = choices
        self._seen: set[int] = set()
        self._called: set[int] = set()
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
            frame = self._frame(event) if event.strip() else None
            if frame is not None:
                yield frame

    def close(self) -> Iterator[Frame]:
        """See StreamDecoder. Fewer choices than were asked for are as many as the vendor had to give."""
        if self.ended:
            return
        if not self._seen or self._seen - self._finished:
            for event in self._events.feed(b"\n\n"):
                if is_error(event):
                    raise failure(OK, event)
            raise VendorFailure(
                Reason.VENDOR_STREAM_CUT, why="The vendor's answer ended without a finish reason.", status=OK
            )
        self.ended = True
        yield Frame(end=True)

    def _frame(self, event: bytes) -> Frame | None:
        """The frame of an event; None where nothing of it is for the caller."""
        chunk = read(event)
        if b"\n" in event:
            # The lines of one event: between JSON's tokens a space is as good, and it stays one line for the caller.
            event = event.replace(b"\n", b" ")
        usage = chunk.usage_metadata.usage() if chunk.usage_metadata is not None else None
        candidates = chunk.candidates
        if not candidates:
            return self._without_candidates(event, chunk, usage)
        if self._finished and self._goes_on(candidates):
            self.usage_told |= usage is not None
            return Frame(usage=usage) if usage is not None else None
        text, finish_reason = "", ""
        for candidate in candidates:
            self._seen.add(candidate.index)
            text += _text(candidate)
            if calls(candidate.parts):
                self._called.add(candidate.index)
            if candidate.finish_reason:
                check_finish(candidate.finish_reason)
                finish_reason = finish(candidate.finish_reason, called=candidate.index in self._called)
                self._finished.add(candidate.index)
        # Every chunk counts what was used so far; the last word is what comes with the end.
        self.usage_told |= usage is not None and self.complete
        return Frame(event, text, finish_reason, usage)

    def _without_candidates(self, event: bytes, chunk: wire.Response, usage: Usage | None) -> Frame | None:
        """The frame of an event that adds nothing to the answer."""
        check_prompt(chunk, event)
        if usage is not None:
            self.usage_told |= self.complete
            return Frame(event, usage=usage)
        if is_error(event):
            raise failure(OK, event)
        return None

    def _goes_on(self, candidates: Sequence[wire.Candidate]) -> bool:
        """Whether these add to what has its finish reason: nobody knows what that belongs to, so it is left out.

        Raises VendorFailure where others, which are not finished, would be left out with it.
        """
        if not any(each.index in self._finished and (_text(each) or calls(each.parts)) for each in candidates):
            return False
        if all(each.index in self._finished for each in candidates):
            return True
        raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer goes on after its end.", status=OK)


def _text(candidate: wire.Candidate) -> str:
    return "".join(part.text for part in candidate.parts if part.text and not part.thought)
