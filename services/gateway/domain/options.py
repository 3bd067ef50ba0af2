"""What a caller asks of Seawall, beside what it asks of the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from resilience.criticality import Criticality
from resilience.errors import Failure, Reason
from services.gateway.domain.route import Continuation, Unsupported

T = TypeVar("T")

MAX_TIMEOUT = 3600.0
"""Seconds; of each time that a caller may set."""
MAX_RETRIES = 10
MAX_ATTEMPTS = 20
MAX_LENGTH = 255
"""Characters of a session's name and of an idempotency key."""

_CRITICALITIES = {criticality.label: criticality for criticality in Criticality}
_CONTINUATIONS = {continuation.value: continuation for continuation in Continuation}
_UNSUPPORTED = {unsupported.value: unsupported for unsupported in Unsupported}
_HEDGES = {"auto": True, "off": False}


@dataclass(frozen=True, slots=True)
class Overrides:
    """Parts of the route's policy for one request; what is None stays as the route says. Times are seconds."""

    retries: int | None = None
    max_attempts: int | None = None
    hedge: bool | None = None
    continuation: Continuation | None = None
    first_token_timeout: float | None = None
    idle_timeout: float | None = None
    unsupported: Unsupported | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """One request's."""

    timeout: float | None = None
    """Seconds that the caller allows; as the route says where None."""
    criticality: Criticality | None = None
    """The project's where None."""
    session: str = ""
    """What belongs together, for routes with affinity."""
    overrides: Overrides | None = None
    no_store: bool = False
    """Neither read the answer from the cache nor keep it there."""
    no_cache: bool = False
    """Do not read the answer from the cache; it may be kept there."""
    idempotency_key: str = ""


def read_overrides(
    *,
    param: str,
    retries: int | None,
    max_attempts: int | None,
    hedge: str | None,
    continuation: str | None,
    first_token_timeout: float | None,
    idle_timeout: float | None,
    unsupported: str | None,
) -> Overrides:
    """Overrides in their words. Raises Failure(INVALID_REQUEST) that names the field, as `{param}.{field}`."""
    return Overrides(
        retries=_within(retries, 0, MAX_RETRIES, f"{param}.retries"),
        max_attempts=_within(max_attempts, 1, MAX_ATTEMPTS, f"{param}.max_attempts"),
        hedge=None if hedge is None else _word(hedge, _HEDGES, f"{param}.hedge"),
        continuation=None if continuation is None else _word(continuation, _CONTINUATIONS, f"{param}.continuation"),
        first_token_timeout=read_timeout(first_token_timeout, f"{param}.first_token_timeout"),
        idle_timeout=read_timeout(idle_timeout, f"{param}.idle_timeout"),
        unsupported=None if unsupported is None else _word(unsupported, _UNSUPPORTED, f"{param}.unsupported"),
    )


def read_timeout(seconds: float | None, param: str) -> float | None:
    """A time that a caller may set. Raises Failure(INVALID_REQUEST)."""
    if seconds is not None and not 0 < seconds <= MAX_TIMEOUT:
        raise invalid(param, f"must be over 0 and at most {MAX_TIMEOUT:g} seconds")
    return seconds


def read_criticality(word: str | None, param: str) -> Criticality | None:
    """A criticality by its name; the project's where there is none. Raises Failure(INVALID_REQUEST)."""
    return _word(word, _CRITICALITIES, param) if word else None


def read_session(text: str | None, param: str) -> str:
    """The name of a session; none where empty. Raises Failure(INVALID_REQUEST)."""
    return _opaque(text, param) if text else ""


def read_idempotency_key(text: str | None, param: str) -> str:
    """A key as the caller made it up; none where None, but an empty one is wrong. Raises Failure(INVALID_REQUEST)."""
    return "" if text is None else _opaque(text, param)


def invalid(param: str, what: str) -> Failure:
    """The failure of a request whose option `param` is wrong."""
    return Failure(Reason.INVALID_REQUEST, f"{param} {what}.", detail={"param": param})


def _opaque(text: str, param: str) -> str:
    if not (0 < len(text) <= MAX_LENGTH and text.isascii() and text.isprintable()):
        raise invalid(param, f"must be 1 to {MAX_LENGTH} printable ASCII characters")
    return text


def _within(number: int | None, least: int, most: int, param: str) -> int | None:
    if number is not None and not least <= number <= most:
        raise invalid(param, f"must be from {least} to {most}")
    return number


def _word(word: str, words: Mapping[str, T], param: str) -> T:
    if word not in words:
        raise invalid(param, f"must be one of {', '.join(words)}")
    return words[word]
