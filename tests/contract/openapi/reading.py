"""What tests read of the document: its operations, what its references lead to, what its schemas take."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docs" / "openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")


class Operation(NamedTuple):
    path: str
    method: str
    told: dict[str, Any]

    @property
    def responses(self) -> dict[str, Any]:
        return {status: resolved(response) for status, response in self.told["responses"].items()}

    def response(self, status: int) -> dict[str, Any]:
        """What is said of a status: it by itself, or all that begin as it does."""
        said = self.responses.get(str(status)) or self.responses[f"{status // 100}XX"]
        assert isinstance(said, dict)
        return said

    @property
    def examples(self) -> dict[str, Any]:
        body = self.told.get("requestBody", {"content": {"application/json": {}}})
        shown: dict[str, Any] = body["content"]["application/json"].get("examples", {})
        return shown


@cache
def committed() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(FILE.read_text())
    return document


def operations() -> Iterator[Operation]:
    for path, item in committed()["paths"].items():
        for method in METHODS:
            if method in item:
                told = item[method]
                parameters = [*item.get("parameters", ()), *told.get("parameters", ())]
                yield Operation(path, method, {**told, "parameters": [resolved(each) for each in parameters]})


def resolved(thing: Any) -> Any:
    """What a reference leads to, or the thing itself. Raises KeyError where it leads nowhere."""
    if not (isinstance(thing, dict) and "$ref" in thing):
        return thing
    found: Any = committed()
    for step in thing["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def references(thing: Any) -> Iterator[str]:
    if isinstance(thing, dict):
        if isinstance(thing.get("$ref"), str):
            yield thing["$ref"]
        for value in thing.values():
            yield from references(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from references(value)


def schemas(thing: Any) -> Iterator[Any]:
    """All schemas: what stands under `schema`, and the components."""
    yield from committed()["components"]["schemas"].values()
    yield from _schemas(thing)


def _schemas(thing: Any) -> Iterator[Any]:
    if isinstance(thing, dict):
        if isinstance(thing.get("schema"), dict):
            yield thing["schema"]
        for value in thing.values():
            yield from _schemas(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from _schemas(value)


def check_schema(schema: Any) -> None:
    """Raises jsonschema.SchemaError where it is no schema of JSON Schema 2020-12, which OpenAPI 3.1 has."""
    jsonschema.Draft202012Validator.check_schema(schema)


def faults(schema: Any, value: Any) -> list[str]:
    """What of a value its schema does not take."""
    whole = {"allOf": [schema], "components": committed()["components"]}
    checker = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)]
