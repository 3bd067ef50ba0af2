"""Conversations in lines, so that two of them can be laid side by side."""

import difflib
import json
from collections.abc import Iterator

import msgspec

from services.providers.domain.conversation import Conversation, Part, Text, ToolCall, ToolResult

_USUAL = Conversation(())


def lines(conversation: Conversation) -> list[str]:
    """One for each turn, and for each setting that is said."""
    return [*_turns(conversation), *_settings(conversation)]


def changes(before: Conversation, after: Conversation) -> tuple[str, ...]:
    """Lines that are gone (`-`) and lines that are new (`+`)."""
    told = difflib.ndiff(lines(before), lines(after))
    return tuple(line for line in told if line.startswith(("- ", "+ ")))


def _turns(conversation: Conversation) -> Iterator[str]:
    for turn in conversation.turns:
        name = f" {turn.name}" if turn.name else ""
        yield f"{turn.role}{name}: {'; '.join(map(_part, turn.parts))}"


def _settings(conversation: Conversation) -> Iterator[str]:
    for name in Conversation.__struct_fields__[1:]:
        value = getattr(conversation, name)
        if value == getattr(_USUAL, name) or name in {"usage_wanted", "beyond"}:
            continue
        if isinstance(value, tuple) and value and not isinstance(value[0], str):
            yield from (f"{name}: {_struct(each)}" for each in value)
        else:
            yield f"{name}: {_struct(value) if isinstance(value, msgspec.Struct) else value}"


def _part(part: Part) -> str:
    if isinstance(part, ToolResult):
        told = ", ".join(map(_part, part.parts))
        return f"ToolResult {part.id} ({told}){' failed' if part.failed else ''}{_marked(part.cache)}"
    if isinstance(part, ToolCall):
        part = msgspec.structs.replace(part, arguments=_plain(msgspec.Raw(part.arguments.encode())))
    if isinstance(part, Text) and not part.citations:
        return f"“{part.text}”{_marked(part.cache)}"
    return f"{type(part).__name__} {_struct(part)}"


def _marked(cache: str) -> str:
    return f" cached {cache}" if cache else ""


def _struct(value: msgspec.Struct) -> str:
    """Its fields that say something; JSON in one form, however it is written."""
    said = {name: getattr(value, name) for name in value.__struct_fields__}
    return " ".join(f"{name}={_plain(each)}" for name, each in said.items() if each not in ("", (), None, False, -1))


def _plain(value: object) -> str:
    if isinstance(value, msgspec.Raw):
        return json.dumps(json.loads(bytes(value)), sort_keys=True) if bytes(value) else ""
    if isinstance(value, tuple):
        return f"({', '.join(_struct(each) for each in value)})"
    return str(value)
