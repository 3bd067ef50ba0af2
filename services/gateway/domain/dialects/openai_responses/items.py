"""The items of a conversation: as they are listed, and as a model is told them again."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import msgspec

Raw = msgspec.Raw

_PREFIXES = {"message": "msg", "function_call": "fc", "reasoning": "rs", "function_call_output": "fco"}
"""How ids of items begin."""
_NAMELESS = frozenset({"message", "function_call", "function_call_output"})
"""Kinds of items that need no id to be told again; at OpenAI it would be of something that is not kept there."""

_ASSISTANT, _OUTPUT_TEXT, _NULL, _NONE = map(Raw, (b'"assistant"', b'"output_text"', b"null", b"[]"))

_list = msgspec.json.Decoder(list[Raw]).decode
_item = msgspec.json.Decoder(dict[str, Raw]).decode
_string = msgspec.json.Decoder(str).decode
_any = msgspec.json.Decoder(list[dict[str, Raw]]).decode
_encode = msgspec.json.Encoder().encode


def raw(value: Any) -> Raw:
    """A value as it is written."""
    return Raw(_encode(value))


def split(written: bytes | Raw) -> list[Raw]:
    """The items of an input: a text alone is a user's message. Raises msgspec.DecodeError where it is neither."""
    if _is_text(written):
        return [raw({"type": "message", "role": "user", "content": [{"type": "input_text", "text": Raw(written)}]})]
    return _list(written)


def listed(items: Iterable[Raw], fresh: Callable[[], str]) -> bytes:
    """The items as they are kept: each with type and id, a message's text as a part. `fresh`: a word for an id."""
    return _encode([_listed(_item(item), fresh) for item in items])


def again(items: Iterable[Raw]) -> list[Raw]:
    """The items as a model is told them again, whoever it is: without what names them, and what was noted of texts."""
    return [raw(_again(_item(item))) for item in items]


def ids(items: Sequence[Raw]) -> list[str]:
    """The items' ids."""
    return [_string(_item(item)["id"]) for item in items]


def _is_text(written: bytes | Raw) -> bool:
    return bytes(memoryview(written)[:1]) == b'"'


def _listed(item: dict[str, Raw], fresh: Callable[[], str]) -> dict[str, Raw]:
    if item.get("type", _NULL) == _NULL:
        item["type"] = raw("message" if "role" in item else "item_reference")
    kind = _string(item["type"])
    if kind == "message" and _is_text(item.get("content", b"")):
        said = "output_text" if item.get("role") == _ASSISTANT else "input_text"
        part: dict[str, Any] = {"type": said, "text": item["content"]}
        item["content"] = raw([part | ({"annotations": []} if said == "output_text" else {})])
    if "id" not in item or item["id"] == _NULL:
        item["id"] = raw(f"{_PREFIXES.get(kind, 'item')}_{fresh()}")
    return item


def _again(item: dict[str, Raw]) -> dict[str, Raw]:
    kind = _string(item["type"])
    if kind in _NAMELESS:
        item.pop("id", None)
    if kind == "message" and b'"output_text"' in bytes(item.get("content", b"")):
        with suppress(msgspec.DecodeError):  # whoever is asked says what is wrong with it
            item["content"] = raw([_unnoted(part) for part in _any(item["content"])])
    return item


def _unnoted(part: dict[str, Raw]) -> dict[str, Raw]:
    if part.get("type") == _OUTPUT_TEXT:
        part.pop("logprobs", None)
        part["annotations"] = _NONE
    return part
