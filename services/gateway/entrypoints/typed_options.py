"""What a caller asks of Seawall in a typed request and in its RPC's metadata."""

from collections.abc import Mapping

from google.protobuf.duration_pb2 import Duration

from seawall.gateway.v1 import chat_pb2 as pb
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

IDEMPOTENCY_KEY = "idempotency-key"


def to_options(options: pb.Options, metadata: Mapping[str, str], remaining: float | None) -> Options:
    """The options of one RPC, `remaining` seconds before its deadline. Raises Failure(INVALID_REQUEST)."""
    asked = read_timeout(_seconds(options.timeout), "options.timeout") if options.HasField("timeout") else None
    return Options(
        timeout=min((limit for limit in (asked, remaining) if limit is not None), default=None),
        criticality=read_criticality(options.criticality, "options.criticality"),
        session=read_session(options.session, "options.session"),
        overrides=_overrides(options.policy) if options.HasField("policy") else None,
        no_store=options.no_store,
        no_cache=options.no_cache,
        idempotency_key=_idempotency_key(options, metadata),
    )


def _overrides(policy: pb.PolicyOverrides) -> Overrides:
    return read_overrides(
        param="options.policy",
        retries=policy.retries if policy.HasField("retries") else None,
        max_attempts=policy.max_attempts if policy.HasField("max_attempts") else None,
        hedge=policy.hedge or None,
        continuation=policy.continuation or None,
        first_token_timeout=_seconds(policy.first_token_timeout) if policy.HasField("first_token_timeout") else None,
        idle_timeout=_seconds(policy.idle_timeout) if policy.HasField("idle_timeout") else None,
        unsupported=policy.unsupported or None,
    )


def _seconds(length: Duration) -> float:
    return length.seconds + length.nanos / 1e9


def _idempotency_key(options: pb.Options, metadata: Mapping[str, str]) -> str:
    told = metadata.get(IDEMPOTENCY_KEY)
    if told is not None and options.idempotency_key and told != options.idempotency_key:
        raise invalid("options.idempotency_key", "is not the one in the metadata")
    if told is not None:
        return read_idempotency_key(told, IDEMPOTENCY_KEY)
    return read_idempotency_key(options.idempotency_key or None, "options.idempotency_key")
