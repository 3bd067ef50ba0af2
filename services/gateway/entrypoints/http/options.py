"""What a caller asks of Seawall in the headers of an HTTP request."""

import math

import msgspec

from chassis.durations import duration
from services.gateway.domain.options import (
    Options,
    Overrides,
    invalid,
    read_criticality,
    read_idempotency_key,
    read_overrides,
    read_session,
    read_timeout,
)
from services.gateway.entrypoints.http.request import RequestHeaders

TIMEOUT = "x-seawall-timeout"
CRITICALITY = "x-seawall-criticality"
SESSION = "x-seawall-session"
POLICY = "x-seawall-policy"
IDEMPOTENCY_KEY = "idempotency-key"
CACHE_CONTROL = "cache-control"

_READ = frozenset(name.encode() for name in (TIMEOUT, CRITICALITY, SESSION, POLICY, IDEMPOTENCY_KEY, CACHE_CONTROL))
_DEFAULT = Options()


class _Policy(msgspec.Struct, forbid_unknown_fields=True):
    retries: int | None = None
    max_attempts: int | None = None
    hedge: str | None = None
    continuation: str | None = None
    first_token_timeout: str | None = None
    idle_timeout: str | None = None
    unsupported: str | None = None


_decoder = msgspec.json.Decoder(_Policy)


def options_of(headers: RequestHeaders) -> Options:
    """The options in a request's headers. Raises Failure(INVALID_REQUEST) that names the header."""
    if not headers.has_any(_READ):
        return _DEFAULT
    cache = _directives(headers.all(CACHE_CONTROL.encode()))
    return Options(
        timeout=_timeout(headers.get(TIMEOUT.encode())),
        criticality=read_criticality(headers.get(CRITICALITY.encode()), CRITICALITY),
        session=read_session(headers.get(SESSION.encode()), SESSION),
        overrides=_overrides(headers.get(POLICY.encode())),
        no_store="no-store" in cache,
        no_cache="no-cache" in cache,
        idempotency_key=read_idempotency_key(headers.get(IDEMPOTENCY_KEY.encode()), IDEMPOTENCY_KEY),
    )


def _timeout(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    return read_timeout(seconds, TIMEOUT)


def _overrides(text: str | None) -> Overrides | None:
    if text is None:
        return None
    try:
        policy = _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise invalid(POLICY, f"is not a JSON object of a policy's fields: {error}") from None
    return read_overrides(
        param=POLICY,
        retries=policy.retries,
        max_attempts=policy.max_attempts,
        hedge=policy.hedge,
        continuation=policy.continuation,
        first_token_timeout=_seconds(policy.first_token_timeout, "first_token_timeout"),
        idle_timeout=_seconds(policy.idle_timeout, "idle_timeout"),
        unsupported=policy.unsupported,
    )


def _seconds(text: str | None, field: str) -> float | None:
    if text is None:
        return None
    try:
        return duration(text).total_seconds()
    except (ValueError, OverflowError):
        raise invalid(f"{POLICY}.{field}", "is not a duration such as 500ms, 60s, 2m or 1h") from None


def _directives(values: list[str]) -> set[str]:
    """Of a cache, without their values; those that mean nothing here are let be, as HTTP wants it."""
    return {directive.partition("=")[0].strip().lower() for value in values for directive in value.split(",")}
