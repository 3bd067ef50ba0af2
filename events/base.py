"""What every event has in common."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from resilience.errors import Reason


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs its zone")
    return value


Time = Annotated[datetime, AfterValidator(_aware)]
"""A moment, with its zone; RFC 3339 on the wire."""


def _known(value: object) -> object:
    return Reason.OTHER if isinstance(value, str) and value not in Reason.__members__.values() else value


Why = Annotated[Reason, BeforeValidator(_known)]
"""A reason; one that a newer producer wrote and this version does not know is read as `other`."""


class Fact(BaseModel):
    """A part of an event. Unknown fields are ignored: producers may add, consumers must not break."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class Event(Fact):
    """A fact with a CloudEvents type of its own."""

    type: ClassVar[str]
    """CloudEvents `type`; names what happened, in the past tense."""


class Tokens(Fact):
    """Tokens as a vendor counted them."""

    input: int = 0
    output: int = 0
    cached_input: int = 0
    """Part of `input`."""
    reasoning: int = 0
    """Part of `output`."""
    cache_write: int = 0
    """Part of `input`."""


class Money(Fact):
    """An exact amount."""

    amount: str
    """Decimal, at most nine places, such as `0.000123456`."""
    currency: str = "USD"
