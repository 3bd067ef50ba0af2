"""Reads a caller's body into a dialect's own types; what is wrong with it names the field."""

from typing import TypeVar

import msgspec

from resilience.errors import Failure, Reason

T = TypeVar("T")
Fields = dict[str, msgspec.Raw]

fields_of = msgspec.json.Decoder(Fields).decode
"""The fields of a JSON object, each as it is written."""


def read_fields(body: bytes) -> Fields:
    """The fields of a body. Raises Failure(INVALID_REQUEST) where it is no JSON object."""
    try:
        return fields_of(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Failure(Reason.INVALID_REQUEST, "The body is not a JSON object.") from None


def read_body(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """Decode `body`. Raises Failure(INVALID_REQUEST), whose detail names the field where one is wrong."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        raise invalid(what, path.rstrip("`").lstrip(".")) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Failure(Reason.INVALID_REQUEST, f"The body is not JSON: {error}.") from None


def invalid(what: str, field: str) -> Failure:
    """The Failure that says `what` is wrong with `field`; that is empty where the body as a whole is wrong."""
    return Failure(
        Reason.INVALID_REQUEST,
        f"{what}{f' (at {field})' if field else ''}.",
        detail={"param": field} if field else {},
    )
