"""What a conformance case is: a fault, where it strikes, and what the caller and the vendors must see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulator import Behaviour

ANSWER_TOKENS = 16
"""Of every answer, one to a chunk."""


class Shape(StrEnum):
    """How an answer comes."""

    STREAM = "stream"
    WHOLE = "whole"


class Caller(StrEnum):
    """What it is asked for with."""

    HTTP = "http"
    SDK = "sdk"
    GRPC = "grpc"


class Place(StrEnum):
    """Where in the answer a fault strikes."""

    BEFORE = "before"
    """Nothing of the answer has come."""
    MIDDLE = "middle"
    END = "end"
    """All of its text has come, and not its finish reason."""

    @property
    def chunks(self) -> int:
        """Chunks of text that come before."""
        return {Place.BEFORE: 0, Place.MIDDLE: 5, Place.END: ANSWER_TOKENS}[self]


class Asked(StrEnum):
    """What a caller wants."""

    TEXT = "text"
    TOOL = "tool"
    SCHEMA = "schema"


@dataclass(frozen=True, slots=True)
class Target:
    """A target of a case's route: the case's own model, so that cases know nothing of each other.

    `keys`: it is a provider of its own, with so many credentials. `suffix` makes another model of it.
    """

    vendor: str
    suffix: str = ""
    keys: int = 0
    capabilities: Mapping[str, Any] = field(default_factory=dict)


ALPHA, BETA = Target("alpha"), Target("beta")
GONE = Target("gone")
"""Nothing listens there."""
TWO, LONE = (ALPHA, BETA), (ALPHA,)
WELL = Behaviour()
"""As a vendor should be."""
NO_PREFILL = {"prefill": False}


@dataclass(frozen=True, slots=True)
class Whole:
    """Exactly the answer that this vendor gives, as a success."""

    vendor: str
    finish_reason: str = "stop"
    tokens: int = ANSWER_TOKENS


@dataclass(frozen=True, slots=True)
class Joined:
    """Exactly the answer that alpha would have given, as a success, which says that `vendor` finished it."""

    vendor: str
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A clear error with this code, and before it nothing but a beginning of alpha's answer."""

    code: str
    status: int
    """Over HTTP, where nothing was sent before."""
    says: str = ""
    """Must be in the error: the vendor's own words."""
    retry_after: bool = False


Expected = Whole | Joined | Refused
Count = int | range
"""Of calls: exactly so many, or one of these numbers."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fault, in one place, for one shape; it is tried with every caller. Times are seconds."""

    row: str
    """Of the table of faults in docs/conformance.md."""
    fault: str
    shape: Shape
    expected: Expected
    calls: tuple[Count, Count]
    """At alpha and at beta, the last request's."""
    place: Place = Place.BEFORE
    alpha: Behaviour = WELL
    beta: Behaviour = WELL
    targets: tuple[Target, ...] = TWO
    policy: Mapping[str, Any] = field(default_factory=dict)
    """Empty: what is shipped."""
    asked: Asked = Asked.TEXT
    timeout: float | None = None
    """What the caller allows; as shipped where None."""
    warm: bool = False
    """Alpha has answered 25 requests quickly before."""
    earlier: int = 0
    """Requests that met the fault before."""
    within: float = 45.0
    """How long it may take at most, on a slow machine."""
    apart: float = 0.0
    """Between two calls at alpha, at least."""
    ledger: tuple[str, ...] = ()
    """What the ledger must say of the attempts, each as `cause reason` or `cause`; not looked at where empty."""

    @property
    def name(self) -> str:
        """The case in one word."""
        return ".".join(_slug(part) for part in (self.row, self.fault, self.place, self.shape))


def _slug(text: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())
