"""Reads a request's JSON as Google's servers do: names in either spelling, unknown ones refused, null as if unset.

What is wrong is said in their words (protobuf's JSON, as google.rpc errors and users' reports have it), the place in
protobuf's own names: `contents[0].parts[1].inline_data`.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from simulator.dialects.gemini.fields import ENUMS, MESSAGES
from simulator.dialects.rejected import RejectedError, bad_request

_UPPER = re.compile(r"(?<=[a-z0-9])([A-Z])")
_TYPES = {"number": "TYPE_FLOAT"}
_LARGEST = {"int32": 2**31, "int64": 2**63}


def read_payload(body: bytes, message: str) -> dict[str, Any]:
    """Return the message that a body is, its fields in camel case; raises RejectedError."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise bad_request(f"Invalid JSON payload received. {problem}") from None
    return _message(decoded, message, "")


def snake(name: str) -> str:
    """Return a field's name as protobuf has it."""
    return _UPPER.sub(r"_\1", name).lower()


_NAMES: Mapping[str, Mapping[str, str]] = {
    message: {spelling: name for name in fields for spelling in (name, snake(name))}
    for message, fields in MESSAGES.items()
}


def _message(given: object, message: str, path: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _invalid(path, f"type.googleapis.com/google.ai.generativelanguage.v1beta.{message}", given)
    names, fields = _NAMES[message], MESSAGES[message]
    read: dict[str, Any] = {}
    for spelling, value in given.items():
        name = names.get(spelling)
        if name is None:
            place = f" at '{path}'" if path else ""
            raise bad_request(
                f'Invalid JSON payload received. Unknown name "{spelling}"{place}: Cannot find field.', path or None
            )
        if value is not None:
            read[name] = _value(value, fields[name], f"{path}.{snake(name)}" if path else snake(name))
    return read


def _value(given: object, kind: str, path: str) -> object:
    if kind.endswith("[]"):
        # One value stands for a list of one, as in the documentation's own examples.
        items = given if isinstance(given, list) else [given]
        return [_value(item, kind[:-2], f"{path}[{number}]") for number, item in enumerate(items)]
    if kind.endswith("{}"):
        if not isinstance(given, dict):
            raise _invalid(path, "TYPE_MESSAGE", given)
        return {key: _value(item, kind[:-2], f"{path}[{key}]") for key, item in given.items()}
    if kind in MESSAGES:
        if isinstance(given, list):
            name = path.rpartition(".")[2]
            raise bad_request(
                f'Invalid JSON payload received. Unknown name "{name}": Proto field is not repeating, cannot start '
                "list.",
                path,
            )
        return _message(given, kind, path)
    if kind in ENUMS:
        return _enum(given, kind, path)
    return given if kind == "any" else _scalar(given, kind, path)


def _enum(given: object, kind: str, path: str) -> str:
    if not isinstance(given, str) or given.upper() not in ENUMS[kind]:
        raise _invalid(path, f"type.googleapis.com/google.ai.generativelanguage.v1beta.{kind}", given)
    return given.upper()


def _scalar(given: object, kind: str, path: str) -> object:
    read: object = None
    match kind:
        case "string" | "bytes" if isinstance(given, str):
            read = given
            if kind == "bytes":
                _check_base64(given, path)
        case "bool" if isinstance(given, bool):
            read = given
        case "object" if isinstance(given, dict):
            read = given
        case "number" if isinstance(given, int | float) and not isinstance(given, bool):
            read = given
        case "int32" | "int64":
            read = _whole(given, _LARGEST[kind])
        case _:
            pass
    if read is None:
        raise _invalid(path, _TYPES.get(kind, f"TYPE_{kind.upper()}"), given)
    return read


def _whole(given: object, largest: int) -> int | None:
    """Return a whole number, which may be written as text or with a fraction of zero."""
    if isinstance(given, str) and re.fullmatch(r"-?\d{1,19}", given, re.ASCII):
        given = int(given)
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not -largest <= given < largest:
        return None
    return given


def _check_base64(given: str, path: str) -> None:
    """Either alphabet may be used, with padding or without it."""
    standard = given.translate(_URL_SAFE).rstrip("=")
    try:
        binascii.a2b_base64((standard + "=" * (-len(standard) % 4)).encode(), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        raise bad_request(
            f"Invalid value at '{path}' (TYPE_BYTES), Base64 decoding failed for \"{given[:100]}\"", path
        ) from None


_URL_SAFE = str.maketrans("-_", "+/")


def _invalid(path: str, kind: str, given: object) -> RejectedError:
    shown = msgspec.json.encode(given).decode()
    return bad_request(f"Invalid value at '{path}' ({kind}), {shown[:200]}", path or None)
