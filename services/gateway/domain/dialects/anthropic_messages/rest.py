"""The rest of a broken answer as Anthropic's events: one message, its blocks counted on, and a note of who goes on."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from services.gateway.domain.continued import NewText, Said
from services.gateway.domain.dialect import Piece
from services.gateway.domain.usage import Usage

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class _Typed(msgspec.Struct):
    type: str = ""


class _Place(msgspec.Struct):
    """Where in a message an event is."""

    type: str = ""
    index: int = -1
    content_block: _Typed | None = None
    delta: _Typed | None = None

    @property
    def within_text(self) -> bool:
        """Whether it is followed by more of a text."""
        kind = self.content_block or self.delta
        return kind is not None and kind.type in {"text", "text_delta", "citations_delta"}


_place_decoder = msgspec.json.Decoder(_Place)


class AnthropicRest:
    """See Rest.

    Where the answer broke off in a text, the first text that comes goes on with that block. Where all was said but the
    end, only that is passed on.
    """

    def __init__(self, said: Said, target: str) -> None:
        text = said.text
        self._new = NewText(text)
        self._before = said.used or Usage()
        self._note: dict[str, Any] | None = {"continued": {"target": target, "at": len(text)}}
        place = _place_of(said)
        self._finished = place.type == "message_delta"
        self._last = place.index
        self._open = place.type != "content_block_stop"
        """Whether the caller waits for the end of block `_last`, which the broken attempt began."""
        self._in_text = self._open and place.within_text
        self._shift: int | None = None
        """What is added to the indices of this attempt's blocks; not known before the first."""

    def usage(self, told: Usage) -> Usage:
        """See Rest."""
        return self._before.answered(told)

    def pieces(self, data: bytes, text: str) -> Sequence[Piece]:  # noqa: ARG002 - it may be told with an earlier event
        """See Rest. What an event adds is read in it: a translated text is told with the beginning of its block."""
        return [(self._noted(piece), said) for piece, said in self._pieces(_decode(data))]

    def _pieces(self, event: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
        match event.get("type"):
            case kind if kind == "message_start" or (self._finished and kind != "message_stop"):
                return
            case "content_block_start":
                yield from self._began(event)
            case "content_block_delta":
                yield from self._added(event)
            case "content_block_stop":
                yield from self._held(self._index(event))
                yield {**event, "index": self._index(event)}, ""
            case "message_delta":
                yield from self._closed()
                if isinstance(told := event.get("usage"), dict):
                    event["usage"] = told | self._told(told)
                yield event, ""
            case _:
                yield event, ""

    def _began(self, event: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
        block = event["content_block"]
        text = block.get("text") or "" if block.get("type") == "text" else ""
        goes_on = self._in_text and block.get("type") == "text"
        if not goes_on:
            yield from self._closed()
        if self._shift is None:
            self._shift = self._last + (0 if goes_on else 1) - event["index"]
        if not goes_on:
            yield {**event, "index": self._index(event)}, text
            return
        self._open = self._in_text = False
        if new := self._new.of(text, final=False):
            yield _text(self._index(event), new)

    def _added(self, event: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
        event["index"] = self._index(event)
        delta, text = event["delta"], ""
        if delta.get("type") == "text_delta" and (text := delta.get("text") or ""):
            new = self._new.of(text, final=False)
            if not new:
                return
            event["delta"] = {**delta, "text": new}
            text = new
        yield event, text

    def _closed(self) -> Iterator[tuple[dict[str, Any], str]]:
        """The end of the block in which the answer broke off, where nothing went on with it."""
        if self._open:
            self._open = self._in_text = False
            yield {"type": "content_block_stop", "index": self._last}, ""

    def _held(self, index: int) -> Iterator[tuple[dict[str, Any], str]]:
        """What was held back and is new after all, now that its block ends."""
        if new := self._new.rest():
            yield _text(index, new)

    def _index(self, event: dict[str, Any]) -> int:
        index: int = event["index"]
        return index + (self._shift or 0)

    def _told(self, told: dict[str, Any]) -> dict[str, Any]:
        """The counts of an event that tells usage, for the answer as a whole: those of the prompt as first told."""
        before, answered = self._before, told.get("output_tokens")
        counts: dict[str, Any] = {
            "output_tokens": before.output_tokens + (answered if isinstance(answered, int) else 0)
        }
        prompt = {
            "input_tokens": before.input_tokens - before.cached_input_tokens - before.cache_write_tokens,
            "cache_read_input_tokens": before.cached_input_tokens,
            "cache_creation_input_tokens": before.cache_write_tokens,
        }
        return counts | {name: count for name, count in prompt.items() if told.get(name) is not None}

    def _noted(self, event: dict[str, Any]) -> bytes:
        if self._note is not None:
            event["seawall"], self._note = self._note, None
        return _encode(event)


def _text(index: int, text: str) -> tuple[dict[str, Any], str]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}, text


def _place_of(said: Said) -> _Place:
    """Where an answer broke off; events that are at no place, such as pings, do not count."""
    last = _place_decoder.decode(said.last)
    return last if last.index >= 0 or last.type == "message_delta" else _place_decoder.decode(said.spoken)
