"""Says what is wrong with a document's shape in the operator's words: where, what, and what would be right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_SENTENCES = {
    "missing": "is missing",
    "model_type": "is not a mapping",
    "dict_type": "is not a mapping",
    "tuple_type": "is not a list",
    "timezone_aware": "needs its zone, such as 2027-01-01T00:00:00Z",
    "string_pattern_mismatch": "is not a name: lower-case letters, digits and hyphens, at most 63, "
    "a hyphen neither first nor last",
}
"""pydantic's types of errors, in words; its own words serve for the others."""

_NAME_OF_AN_ITEM = "[key]"
"""What pydantic adds where not an item of a mapping is wrong, but its name."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; `path` is such as `models[0].route.targets[1].provider`."""

    path: str
    what: str


def shape_problems(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Each thing that kept a document from being a `model`. No value is repeated: it may be a secret."""
    return [
        Problem(_path(detail["loc"]) or "the document", _what(detail, model))
        for detail in error.errors(include_url=False, include_input=False)
    ]


def _what(detail: ErrorDetails, model: type[BaseModel]) -> str:
    match detail["type"]:
        case "extra_forbidden":
            known = _model_at(detail["loc"][:-1], model).model_fields
            return f"is not known; known here: {', '.join(known)}"
        case "value_error":
            return detail["msg"].removeprefix("Value error, ")
        case other:
            return _SENTENCES.get(other) or detail["msg"][:1].lower() + detail["msg"][1:]


def _path(location: Sequence[int | str]) -> str:
    path = ""
    for part in location:
        if part == _NAME_OF_AN_ITEM:
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def _model_at(location: Sequence[int | str], model: type[BaseModel]) -> type[BaseModel]:
    """The model that describes what is at `location`."""
    for part in location:
        if isinstance(part, str):
            model = next(_models_in(model.model_fields[part].annotation))
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models within such as `tuple[Target, ...]` or `Webhook | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
