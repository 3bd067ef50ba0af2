"""Anthropic's blocks of content, read as parts of a turn."""

from base64 import b64encode
from collections.abc import Callable

import msgspec

from services.providers.adapters.anthropic import wire
from services.providers.adapters.anthropic.citations import read_citations
from services.providers.adapters.caller_body import read_body
from services.providers.adapters.raw import told
from services.providers.domain.conversation import Media, Part, Reasoning, Text, ToolCall, ToolResult

SHORT = "5m"
"""How long Anthropic caches where nothing else is said."""


class Beyond:
    """Collects what a Conversation has no place for: `essential` to the question, or `extra`, by name."""

    def __init__(self) -> None:
        self.essential: dict[str, None] = {}
        self.extra: dict[str, msgspec.Raw] = {}

    def hint(self, name: str, value: msgspec.Raw) -> None:
        """`value` only hints at how to answer; nothing where it was not said."""
        if told(value):
            self.extra[name] = value


def read_parts(content: wire.Content, beyond: Beyond) -> tuple[Part, ...]:
    """What a turn says. Kinds that have no place in a Conversation, such as those of server tools, are `beyond`."""
    if isinstance(content, str):
        return (Text(content),)
    return tuple([part for block in content if (part := read_block(block, beyond)) is not None])


def read_block(block: wire.Block, beyond: Beyond) -> Part | None:
    """One block; None where there is no place for it."""
    read = _KINDS.get(block.type)
    part = read(block, beyond) if read is not None else None
    if part is None:
        beyond.essential[f"messages.content.{block.type}"] = None
    return part


def cache_of(mark: wire.CacheControl | None) -> str:
    """How long is cached; empty where nothing is."""
    return "" if mark is None else mark.ttl or SHORT


def _text(block: wire.Block, _: Beyond) -> Part:
    return Text(block.text or "", cache_of(block.cache_control), read_citations(block.citations))


def _tool_use(block: wire.Block, _: Beyond) -> Part:
    arguments = str(bytes(block.input), "utf-8") if block.input else "{}"
    return ToolCall(block.id or "", block.name or "", arguments, cache_of(block.cache_control))


def _tool_result(block: wire.Block, beyond: Beyond) -> Part:
    parts: tuple[Part, ...] = ()
    if told(block.content):
        parts = read_parts(read_body(wire.content, block.content), beyond)
    return ToolResult(
        block.tool_use_id or "",
        tuple([part for part in parts if isinstance(part, Text | Media)]),
        bool(block.is_error),
        cache_of(block.cache_control),
    )


def _thinking(block: wire.Block, _: Beyond) -> Part:
    return Reasoning(block.thinking or "", block.signature or "")


def _redacted(block: wire.Block, _: Beyond) -> Part:
    return Reasoning(redacted=block.data or "")


def _image(block: wire.Block, beyond: Beyond) -> Part | None:
    beyond.hint("messages.content.image.transformations", block.transformations)
    source = read_body(wire.source, block.source or _NOTHING)
    cache = cache_of(block.cache_control)
    if source.type not in _SOURCES:
        return None
    return Media(
        "image", source.media_type or "", source.data or "", source.url or "", source.file_id or "", cache=cache
    )


def _document(block: wire.Block, _: Beyond) -> Part | None:
    """A document. Plain text is told in base64, as any other. One in pieces is not: a Conversation has whole ones."""
    source = read_body(wire.source, block.source or _NOTHING)
    media_type, data = source.media_type or "", source.data or ""
    if source.type == "text":
        data = b64encode(data.encode()).decode()
    elif source.type == "content" and bytes(source.content).startswith(b'"'):
        media_type, data = "text/plain", b64encode(read_body(_string, source.content).encode()).decode()
    elif source.type not in _SOURCES:
        return None
    return Media(
        "document",
        media_type,
        data,
        source.url or "",
        source.file_id or "",
        block.title or "",
        cited=b"true" in bytes(block.citations),
        cache=cache_of(block.cache_control),
        context=block.context or "",
    )


_SOURCES = frozenset({"base64", "url", "file"})
_NOTHING = msgspec.Raw(b"{}")
_string = msgspec.json.Decoder(str)
_KINDS: dict[str, Callable[[wire.Block, Beyond], Part | None]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
}
