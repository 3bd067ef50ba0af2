"""What every event has in common."""

from datetime import datetime
from typing import Annotated, ClassVar, TypeVar

import msgspec

from resilience.errors import Reason

T = TypeVar("T")

Time = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment, with its zone; RFC 3339 on the wire."""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of an event. Unknown fields are ignored: producers may add, consumers must not break.

    On the wire a field that is None is left out; any other is written, those that are `written` included. Nothing is
    checked where a fact is made, for its types are; everything is where it is read.
    """


class Event(Fact, frozen=True):
    """A fact with a CloudEvents type of its own."""

    type: ClassVar[str]
    """CloudEvents `type`; names what happened, in the past tense."""


F = TypeVar("F", bound=Fact)


def written(value: T) -> T:
    """A field's default, for readers of older events; it goes on the wire all the same (`omit_defaults` spares it)."""
    return msgspec.field(default_factory=lambda: value)


def read(kind: type[F], value: object) -> F:
    """What `value`, decoded JSON, says of `kind`. Raises msgspec.ValidationError.

    A reason that a newer producer wrote and this version does not know is read as `other`.
    """
    return msgspec.convert(_known(value), kind)


def _known(value: object) -> object:
    """`value` with what is not known for a `reason`, which is a Reason wherever an event has one."""
    if isinstance(value, dict):
        return {name: _reason(one) if name == "reason" else _known(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_known(one) for one in value]
    return value


def _reason(value: object) -> object:
    return Reason.OTHER.value if isinstance(value, str) and value not in Reason.__members__.values() else value


class Tokens(Fact, frozen=True, kw_only=True):
    """Tokens as a vendor counted them."""

    input: int = written(0)
    output: int = written(0)
    cached_input: int = written(0)
    """Part of `input`."""
    reasoning: int = written(0)
    """Part of `output`."""
    cache_write: int = written(0)
    """Part of `input`."""


class Money(Fact, frozen=True, kw_only=True):
    """An exact amount."""

    amount: str
    """Decimal, at most nine places, such as `0.000123456`."""
    currency: str = written("USD")
