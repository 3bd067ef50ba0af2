"""Every header that callers may send and are sent: docs/api.md and the OpenAPI document say what stands here."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from events.requests import Cache
from resilience.criticality import Criticality
from services.gateway.application.exchange import Degraded
from services.gateway.domain.options import MAX_LENGTH, MAX_TIMEOUT
from services.gateway.entrypoints.door import DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS
from services.gateway.entrypoints.http.options import CRITICALITY, IDEMPOTENCY_KEY, POLICY, SESSION, TIMEOUT


class Place(Enum):
    """Kinds of operations that have headers in common."""

    OPENAI = auto()
    """Models are asked, in OpenAI's shape."""
    ANTHROPIC = auto()
    """The same, in Anthropic's."""
    MODELS = auto()
    """The models that a key may ask for."""
    KEPT = auto()
    """Responses that are kept."""
    RPC = auto()
    """RPCs at the door."""


ASKING = frozenset({Place.OPENAI, Place.ANTHROPIC})
ALL = frozenset(Place)


@dataclass(frozen=True, slots=True)
class Header:
    """One header: what it means, in Markdown; its form, as JSON schema; and where it is read or sent."""

    name: str
    means: str
    schema: Mapping[str, Any]
    places: frozenset[Place]
    error_only: bool = False


_TEXT: Mapping[str, Any] = {"type": "string"}
_COUNT: Mapping[str, Any] = {"type": "integer", "minimum": 0}
_TRUE: Mapping[str, Any] = {"type": "string", "enum": ["true"]}
_OPAQUE: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH, "pattern": "^[ -~]+$"}

REQUEST_HEADERS = (
    Header("authorization", "the key, as `Bearer sw_…`", _TEXT, ALL),
    Header("x-api-key", "the key, where there is no `authorization`", _TEXT, ALL),
    Header(
        TIMEOUT,
        f"seconds that the request may take, over 0 and up to {MAX_TIMEOUT:g}; at most the route's timeout counts",
        {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_TIMEOUT},
        ASKING,
    ),
    Header(
        CRITICALITY,
        "`critical`, `default`, `batch` or `sheddable`; the project's where it is absent, and more than the project's"
        " only where the project allows `policy_overrides`",
        {"type": "string", "enum": [criticality.label for criticality in sorted(Criticality, reverse=True)]},
        ASKING,
    ),
    Header(
        SESSION,
        f"what belongs together, for routes with affinity; up to {MAX_LENGTH} printable ASCII characters",
        _OPAQUE,
        ASKING,
    ),
    Header(
        POLICY,
        "parts of the route's policy for this request, where the project allows `policy_overrides`:"
        ' `{"retries": 0, "max_attempts": 3, "hedge": "off", "continuation": "error", "first_token_timeout": "2s",'
        ' "idle_timeout": "500ms", "unsupported": "drop"}`, each optional',
        {"type": "string", "contentMediaType": "application/json"},
        ASKING,
    ),
    Header(
        "cache-control",
        "`no-store`: the answer is neither read from a cache, nor shared, nor kept; `no-cache`: it is only kept",
        _TEXT,
        ASKING,
    ),
    Header(
        IDEMPOTENCY_KEY,
        f"up to {MAX_LENGTH} printable ASCII characters; equal requests of one key are answered once",
        _OPAQUE,
        ASKING,
    ),
    Header("traceparent", "the trace to join", _TEXT, ASKING | {Place.RPC}),
    Header(
        "anthropic-version",
        "at Anthropic's endpoints: passed on to a vendor of the same dialect, and without meaning to others. Without"
        " one `2023-06-01` is spoken. At `/v1/models` it asks for Anthropic's shape",
        _TEXT,
        frozenset({Place.ANTHROPIC, Place.MODELS}),
    ),
    Header(
        "anthropic-beta",
        "at Anthropic's endpoints: passed on to a vendor of the same dialect, and without meaning to others",
        _TEXT,
        frozenset({Place.ANTHROPIC}),
    ),
    Header(
        "connect-timeout-ms",
        f"at the door: milliseconds that the call may take, up to {MAX_TIMEOUT_MS};"
        f" {DEFAULT_TIMEOUT_MS} where nothing is said",
        {"type": "integer", "minimum": 1, "maximum": MAX_TIMEOUT_MS},
        frozenset({Place.RPC}),
    ),
)

KEYS = frozenset({"authorization", "x-api-key"})
"""Request headers that are OpenAPI's security schemes, not its parameters."""

RESPONSE_HEADERS = (
    Header(
        "x-seawall-request-id",
        "the request's id, in the ledger too; on every answer of these endpoints, errors included",
        _TEXT,
        ALL,
    ),
    Header(
        "x-request-id",
        "the same id, where OpenAI's SDKs look for it, at OpenAI's endpoints",
        _TEXT,
        frozenset({Place.OPENAI, Place.MODELS, Place.KEPT}),
    ),
    Header(
        "request-id",
        "the same id, where Anthropic's SDKs look for it, at Anthropic's endpoints",
        _TEXT,
        frozenset({Place.ANTHROPIC, Place.MODELS}),
    ),
    Header("x-seawall-target", "`provider/model` that answers; not on errors", _TEXT, ASKING),
    Header("x-seawall-attempts", "attempts so far", _COUNT, ASKING),
    Header(
        "x-seawall-overhead-ms",
        "milliseconds spent in the gateway so far, outside attempts",
        {"type": "number", "minimum": 0},
        ASKING,
    ),
    Header(
        "x-seawall-cache",
        "where the route caches or shares: `exact`, `stale` (beyond its time, for no target answered), `shared` (with"
        " an identical request under way) or `miss`",
        {"type": "string", "enum": [*(cache.value for cache in Cache), "miss"]},
        ASKING,
    ),
    Header("age", "seconds since a cached answer was made", _COUNT, ASKING),
    Header(
        "x-seawall-degraded",
        "`stale_answer`, `smaller_model` or `static_answer`, where no target of the route answered",
        {"type": "string", "enum": [degraded.value for degraded in Degraded]},
        ASKING,
    ),
    Header(
        "x-seawall-continued-at",
        "characters after which another target went on, where that is known when the headers leave",
        _COUNT,
        ASKING,
    ),
    Header(
        "x-seawall-dropped",
        "fields of the request that the vendor was not told, for its dialect has no words for them; separated by"
        " commas, percent-encoded, 50 at most",
        _TEXT,
        ASKING,
    ),
    Header("x-seawall-estimated", "`true` where no vendor counted the tokens", _TRUE, ASKING),
    Header(
        "idempotent-replayed",
        "`true` where the answer was made for an earlier request of the same idempotency key",
        _TRUE,
        ASKING,
    ),
    Header(
        "x-seawall-cost",
        "US dollars; on whole answers whose price is known. A stream's cost is in the ledger",
        {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"},
        ASKING,
    ),
    Header("x-ratelimit-limit-requests", "requests a minute, where the project has a limit", _COUNT, ASKING),
    Header("x-ratelimit-remaining-requests", "how many of them are left", _COUNT, ASKING),
    Header(
        "x-ratelimit-reset-requests",
        "when all of them are there again, as `12.345s`",
        {"type": "string", "pattern": r"^[0-9.]+s$"},
        ASKING,
    ),
    Header("retry-after", "seconds, on errors where a time is known", _COUNT, ALL, error_only=True),
    Header(
        "x-seawall-reason",
        "at the door, on errors: one of the errors",
        _TEXT,
        frozenset({Place.RPC}),
        error_only=True,
    ),
)


def request_headers(place: Place) -> tuple[Header, ...]:
    """What is read at a place, keys left out."""
    return tuple(header for header in REQUEST_HEADERS if place in header.places and header.name not in KEYS)


def response_headers(place: Place, *, error: bool) -> tuple[Header, ...]:
    """What an answer at a place may have."""
    return tuple(header for header in RESPONSE_HEADERS if place in header.places and (error or not header.error_only))
