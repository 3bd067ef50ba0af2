"""The JSON that a simulated vendor says where a JSON schema is to be followed: the smallest that is valid.

Every property is there, whether required or not; a list has one item, or as few as it must; of alternatives the first
is taken. The first string that may be anything is left free, for the answer's words. What it does not follow:
`pattern`, `not`, `if`, `dependentSchemas` and formats other than those below.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

ANY_OBJECT = ('{"answer":"', '"}')
"""What is said around the words where no schema is given, or one that asks for nothing."""
MAX_DEPTH = 16
# No text of a schema can hold it: it is no character.
_FREE = "\ufdd0"
_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "someone@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}

Schema = Mapping[str, Any]


class SchemaError(ValueError):
    """What should be a JSON schema is none."""


def around(schema: object) -> tuple[str, str] | str:
    """Return JSON before and after the words that make it whole; or all of it, where no string in it is free.

    Raises SchemaError where a keyword's value is of a kind that it cannot have.
    """
    if not isinstance(schema, Mapping) or not (schema.keys() & _TELLING):
        return ANY_OBJECT
    try:
        value = _Filler(schema).fill(schema)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError, ZeroDivisionError) as error:
        raise SchemaError(f"Invalid schema: {error}") from None
    filled = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    before, free, behind = filled.partition(_FREE)
    return (before, behind) if free else filled


_TELLING = {"properties", "items", "prefixItems", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"}


class _Filler:
    def __init__(self, root: Schema) -> None:
        self._root = root
        self._free = True
        self._makers: Mapping[str, Callable[[Schema, int], object]] = {
            "object": self._object,
            "array": self._items,
            "string": self._string,
            "integer": lambda schema, _: math.ceil(_number(schema)),
            "number": lambda schema, _: _number(schema),
            "boolean": lambda *_: True,
        }

    def fill(self, schema: object, depth: int = 0) -> object:
        """Return a value that is valid, where the schema is one that can be followed."""
        if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
            return None
        schema = self._resolved(schema, depth)
        if "const" in schema:
            return schema["const"]
        if enum := schema.get("enum"):
            return enum[0]
        make = self._makers.get(_kind(schema))
        return make(schema, depth) if make else None

    def _object(self, schema: Schema, depth: int) -> dict[str, object]:
        properties = schema.get("properties") or {}
        wanted = properties if depth < MAX_DEPTH // 2 else schema.get("required") or ()
        return {name: self.fill(properties.get(name), depth + 1) for name in wanted}

    def _resolved(self, schema: Schema, depth: int) -> Schema:
        while isinstance(reference := schema.get("$ref"), str) and depth <= MAX_DEPTH:
            depth += 1
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = {**self._found(reference), **rest}
        for word in ("anyOf", "oneOf"):
            if alternatives := schema.get(word):
                rest = {key: value for key, value in schema.items() if key != word}
                schema = _merged(rest, self._resolved(alternatives[0], depth + 1))
        if parts := schema.get("allOf"):
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            schema = reduce(_merged, (self._resolved(part, depth + 1) for part in parts), rest)
        return schema

    def _found(self, reference: str) -> Schema:
        found: Any = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def _items(self, schema: Schema, depth: int) -> list[object]:
        least, most = schema.get("minItems", 0), schema.get("maxItems", 1)
        first = [self.fill(item, depth + 1) for item in schema.get("prefixItems") or ()]
        count = max(least, min(1, most) if depth < MAX_DEPTH // 2 else 0) - len(first)
        return first + [self.fill(schema.get("items", {"type": "string"}), depth + 1) for _ in range(count)]

    def _string(self, schema: Schema, _: int) -> str:
        if (form := schema.get("format")) in _FORMATS:
            return _FORMATS[form]
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
        if self._free and longest is None and not shortest and "pattern" not in schema:
            self._free = False
            return _FREE
        return "simulated"[:longest].ljust(shortest, "-")


def _kind(schema: Schema) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0] if kind else None
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "array" if "items" in schema else "string"


def _number(schema: Schema) -> float:
    low: float | None = schema.get("minimum", schema.get("exclusiveMinimum"))
    high: float | None = schema.get("maximum", schema.get("exclusiveMaximum"))
    step: float = schema.get("multipleOf", 1)
    least = 1 if low is None else low + (step if "exclusiveMinimum" in schema else 0)
    most = high if high is None or "exclusiveMaximum" not in schema else high - step
    value = least if most is None or least <= most else most
    return math.ceil(value / step) * step


def _merged(one: Schema, other: Schema) -> Schema:
    properties = {**(one.get("properties") or {}), **(other.get("properties") or {})}
    return {**one, **other, **({"properties": properties} if properties else {})}
