"""Parts of a turn, written as Anthropic's blocks of content."""

import binascii
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterable
from typing import Any

import msgspec

from services.providers.adapters.anthropic.citations import repeated
from services.providers.adapters.anthropic.foreign import foreign
from services.providers.domain.conversation import Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from services.providers.domain.losses import Losses

Written = dict[str, Any]

_ID = re.compile(r"[a-zA-Z0-9_-]+").fullmatch
"""What Anthropic takes as the id of a tool's call; other vendors have dots and colons in theirs."""
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def write_parts(parts: Iterable[Part], losses: Losses) -> list[Written]:
    """The blocks of a turn. Texts of white space alone are left out: Anthropic refuses them, and they say nothing."""
    return [block for part in parts if (block := _block(part, losses)) is not None]


def marked(block: Written, cache: str) -> Written:
    """`block`, up to which the prompt is cached."""
    if cache:
        block["cache_control"] = {"type": "ephemeral", "ttl": cache}
    return block


def tool_id(said: str) -> str:
    """The id of a call, as Anthropic takes it: the same for the same call, whoever made it."""
    return said if _ID(said) else "toolu_" + hashlib.blake2b(said.encode(), digest_size=12).hexdigest()


def tool_input(arguments: str) -> msgspec.Raw | dict[str, str]:
    """The arguments of a call, which must be an object: what is none is told as text, in one."""
    if not arguments.strip():
        return {}
    try:
        _object(arguments)
    except (msgspec.DecodeError, RecursionError):
        return {"arguments": arguments}
    return msgspec.Raw(arguments.encode())


def _block(part: Part, losses: Losses) -> Written | None:
    match part:
        case Text():
            return _text(part, losses)
        case Media():
            return _media(part, losses)
        case ToolCall():
            if part.signature:
                losses.hint("messages.reasoning")
            call = {"type": "tool_use", "id": tool_id(part.id), "name": part.name, "input": tool_input(part.arguments)}
            return marked(call, part.cache)
        case ToolResult():
            return _tool_result(part, losses)
        case Reasoning():
            return _reasoning(part, losses)
        case Refusal():
            return {"type": "text", "text": part.text} if part.text.strip() else None


def _text(part: Text, losses: Losses) -> Written | None:
    if not part.text.strip():
        return None
    block: Written = {"type": "text", "text": part.text}
    if part.citations:
        block["citations"] = repeated(part.citations)
        if len(block["citations"]) < len(part.citations):
            losses.hint("messages.annotations")
    return marked(block, part.cache)


def _tool_result(part: ToolResult, losses: Losses) -> Written:
    block: Written = {"type": "tool_result", "tool_use_id": tool_id(part.id)}
    content = write_parts(part.parts, losses)
    if content:
        block["content"] = plain(content)
    if part.failed:
        block["is_error"] = True
    return marked(block, part.cache)


def plain(blocks: list[Written]) -> list[Written] | str:
    """The shorthand for one text that has nothing else to it."""
    only = blocks[0]
    return only["text"] if len(blocks) == 1 and only.keys() == _PLAIN else blocks


def _reasoning(part: Reasoning, losses: Losses) -> Written | None:
    """What Anthropic has signed; it refuses other thoughts, which are no part of the question."""
    if part.redacted:
        return {"type": "redacted_thinking", "data": part.redacted}
    if not foreign(part.signature):
        return {"type": "thinking", "thinking": part.text, "signature": part.signature}
    losses.hint("messages.reasoning")
    return None


def _media(part: Media, losses: Losses) -> Written | None:
    source = None if part.kind == "audio" else _source(part)
    if source is None:
        losses.meaning(f"messages.content.{part.kind}")
        return None
    block: Written = {"type": part.kind, "source": source}
    if part.detail not in {"", "auto"}:
        losses.hint("messages.content.image_url.detail")
    if part.kind == "document":
        if part.name:
            block["title"] = part.name
        if part.context:
            block["context"] = part.context
        if part.cited:
            block["citations"] = {"enabled": True}
    return marked(block, part.cache)


def _source(part: Media) -> Written | None:
    """What it is made of; None where Anthropic takes none such: another vendor's file, a document that is no PDF."""
    if part.file_id:
        return {"type": "file", "file_id": part.file_id} if part.file_id.startswith(_FILE) else None
    if part.url:
        return {"type": "url", "url": part.url}
    if part.kind == "document" and part.media_type.startswith("text/"):
        return _plain_text(part.data)
    if part.kind == "document" and part.media_type != "application/pdf":
        return None
    return {"type": "base64", "media_type": part.media_type, "data": part.data}


def _plain_text(data: str) -> Written | None:
    try:
        return {"type": "text", "media_type": "text/plain", "data": b64decode(data, validate=True).decode()}
    except (binascii.Error, UnicodeDecodeError):
        return None


_FILE = "file_"
"""What the ids of Anthropic's files begin with; OpenAI's have a hyphen there."""
_PLAIN = {"type", "text"}
