"""Bedrock's answers, whole or as they are made, as a Reply and its events."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator

from resilience.errors import Reason
from services.providers.adapters.bedrock import wire
from services.providers.adapters.bedrock.answers import read_answered, read_event, read_finish
from services.providers.adapters.bedrock.citations import read_citation
from services.providers.adapters.bedrock.media import read_media
from services.providers.adapters.vendor_body import OK
from services.providers.domain.conversation import Part, Reasoning, Text, ToolCall
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    Choice,
    CitationAdded,
    Event,
    Finished,
    MediaAdded,
    ReasoningAdded,
    Reply,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)


def read_reply(body: bytes) -> Reply:
    """A whole answer, which has no id. Calls of the vendor's own tools, which nobody can ask for, are left out."""
    said = read_answered(body)
    message = said.output.message if said.output is not None else None
    parts = [part for block in (message.content if message is not None else None) or () for part in _parts(block)]
    finish = read_finish(said.stop_reason, said.additional_model_response_fields)
    router = said.trace.prompt_router if said.trace is not None else None
    usage = said.usage.usage() if said.usage is not None else None
    return Reply("", router.invoked_model_id if router is not None else "", (Choice(tuple(parts), finish),), usage)


class ReplyReader:
    """See EventReader."""

    def __init__(self) -> None:
        self._calls: dict[int, int] = {}
        self._empty: set[int] = set()
        """Blocks of calls whose arguments have not begun."""
        self._images: dict[int, wire.MediaBlock] = {}
        self._bytes: dict[int, list[str]] = {}

    def read(self, data: bytes) -> Iterable[Event]:
        """See EventReader."""
        said = read_event(data)
        if said.content_block_delta is not None:
            delta = said.content_block_delta
            return self._delta(delta.content_block_index, delta.delta) if delta.delta is not None else ()
        if said.content_block_start is not None:
            start = said.content_block_start
            return self._block(start.content_block_index, start.start) if start.start is not None else ()
        if said.content_block_stop is not None:
            return self._stop(said.content_block_stop.content_block_index)
        return _of_message(said)

    def _block(self, index: int, start: wire.Started) -> Iterator[Event]:
        if start.tool_use is not None and not start.tool_use.type:
            call = self._calls[index] = len(self._calls)
            self._empty.add(index)
            yield ToolCallBegan(call, start.tool_use.tool_use_id, start.tool_use.name)
        elif start.image is not None:
            self._images[index] = start.image

    def _delta(self, index: int, delta: wire.Delta) -> Iterator[Event]:
        if delta.text:
            yield TextAdded(delta.text)
        elif delta.tool_use is not None and index in self._calls:
            if text := delta.tool_use.input:
                self._empty.discard(index)
                yield ArgumentsAdded(self._calls[index], text)
        elif delta.reasoning_content is not None:
            thought = delta.reasoning_content
            if thought.text or thought.signature or thought.redacted_content:
                yield ReasoningAdded(thought.text or "", thought.signature or "", thought.redacted_content or "")
        elif delta.citation is not None:
            yield CitationAdded(read_citation(delta.citation))
        elif delta.image is not None and delta.image.source is not None and delta.image.source.bytes:
            self._bytes.setdefault(index, []).append(delta.image.source.bytes)

    def _stop(self, index: int) -> Iterator[Event]:
        if index in self._empty:  # a call without arguments has no delta, and its callers parse what they get
            self._empty.discard(index)
            yield ArgumentsAdded(self._calls[index], "{}")
        if index in self._bytes:
            begun = self._images.get(index) or wire.MediaBlock()
            media = read_media("image", begun, _joined(self._bytes.pop(index)))
            if media is not None:
                yield MediaAdded(media)


def _of_message(said: wire.StreamEvent) -> Iterator[Event]:
    if said.message_start is not None:
        yield Began("", "")
    elif said.message_stop is not None:
        stop = said.message_stop
        yield Finished(read_finish(stop.stop_reason, stop.additional_model_response_fields))
    elif said.metadata is not None and said.metadata.usage is not None:
        yield UsageTold(said.metadata.usage.usage())


def _parts(block: wire.Block) -> Iterator[Part]:
    if block.text:
        yield Text(block.text)
    elif block.tool_use is not None and not block.tool_use.type:
        call = block.tool_use
        yield ToolCall(call.tool_use_id, call.name, str(bytes(call.input), "utf-8") if call.input else "{}")
    elif block.reasoning_content is not None:
        thought = block.reasoning_content
        text = thought.reasoning_text or _UNSAID
        yield Reasoning(text.text or "", text.signature or "", thought.redacted_content or "")
    elif block.citations_content is not None:
        said = block.citations_content
        citations = tuple(map(read_citation, said.citations or ()))
        yield Text("".join(piece.text or "" for piece in said.content or ()), citations=citations)
    else:
        for kind in ("image", "audio", "video", "document"):
            made: wire.MediaBlock | None = getattr(block, kind)
            if made is not None and (media := read_media(kind, made)) is not None:
                yield media


def _joined(pieces: list[str]) -> str:
    """Pieces of base64 as one: each has its own padding."""
    if len(pieces) == 1:
        return pieces[0]
    try:
        return b64encode(b"".join(map(b64decode, pieces))).decode()
    except ValueError:
        raise VendorFailure(Reason.VENDOR_MALFORMED, status=OK) from None


_UNSAID = wire.ReasoningText()
