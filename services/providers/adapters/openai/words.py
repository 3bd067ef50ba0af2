"""A request's fields in the words of a vendor that speaks most of OpenAI's wire format."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from services.providers.domain.losses import Losses

T = TypeVar("T")
_encode = msgspec.json.Encoder().encode

MEANING = frozenset({"functions", "logprobs", "n", "response_format", "stop", "tool_choice", "tools", "top_logprobs"})
"""Fields without which another question would be answered; all others are hints at how to answer."""
IDLE: dict[str, bytes] = {"n": b"1", "logprobs": b"false", "parallel_tool_calls": b"true", "tool_choice": b'"auto"'}
"""What a field says when it asks for nothing."""


def reword(fields: dict[str, T], words: Mapping[str, str], losses: Losses) -> bool:
    """Rename the fields that have another word, and tell of those that have none; see Means.

    Says whether that changed anything. Raises what Losses does.
    """
    meant = [name for name in words if name in fields]
    for name in meant:
        value, word = fields.pop(name), words[name]
        if word:
            fields.setdefault(word, value)
        elif not _idle(name, value):
            (losses.meaning if name in MEANING else losses.hint)(name)
    return bool(meant)


def _idle(name: str, value: object) -> bool:
    written = bytes(value) if isinstance(value, msgspec.Raw) else _encode(value)
    return written in {b"null", b"[]", IDLE.get(name)}
