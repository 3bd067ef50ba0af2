"""Routes between protobuf and the domain."""

from collections.abc import Iterable
from typing import Any, TypeVar

from google.protobuf.message import Message

from chassis.manifest import bounds
from seawall.config.v1 import resources_pb2 as pb
from services.config.domain.faults import at
from services.config.domain.policy import Breaker, Cache, Degradation, Fallback, Policy
from services.config.domain.route import Balance, Route
from services.config.domain.target import Capabilities, Target
from services.config.entrypoints.grpc.times import duration, span

M = TypeVar("M", bound=Message)


def decode_route(message: pb.Route) -> Route:
    """The route that `message` describes. Raises Failure(INVALID_REQUEST)."""
    balance = message.balance
    with at("policy"):
        policy = _decode_policy(message.policy)
    return Route(
        targets=_decode_targets(message.targets),
        strategy=message.strategy or bounds.ORDERED,
        policy=policy,
        balance=Balance(balance.latency, balance.cost, balance.quality) if message.HasField("balance") else None,
        affinity=message.affinity,
    )


def encode_route(route: Route) -> pb.Route:
    """As the API shows it."""
    return pb.Route(
        strategy=route.strategy,
        targets=_encode_targets(route.targets),
        policy=_encode_policy(route.policy),
        balance=_encode_balance(route.balance),
        affinity=route.affinity,
    )


def _encode_balance(balance: Balance | None) -> pb.Balance | None:
    return None if balance is None else pb.Balance(latency=balance.latency, cost=balance.cost, quality=balance.quality)


def _decode_targets(messages: Iterable[pb.Target]) -> tuple[Target, ...]:
    return tuple(
        Target(
            message.provider,
            message.model,
            canary=message.canary,
            shadow=message.shadow,
            capabilities=Capabilities(
                **_given(message.capabilities, "prefill", "tools", "json_schema", "vision"),
                context_window=message.capabilities.context_window,
            ),
            **_given(message, "weight", "quality"),
        )
        for message in messages
    )


def _encode_targets(targets: Iterable[Target]) -> list[pb.Target]:
    return [
        pb.Target(
            provider=target.provider,
            model=target.model,
            weight=target.weight,
            quality=target.quality,
            canary=target.canary,
            shadow=target.shadow,
            capabilities=_unless_empty(
                pb.Capabilities(
                    prefill=target.capabilities.prefill,
                    tools=target.capabilities.tools,
                    json_schema=target.capabilities.json_schema,
                    vision=target.capabilities.vision,
                    context_window=target.capabilities.context_window,
                )
            ),
        )
        for target in targets
    ]


def _decode_policy(message: pb.Policy) -> Policy:
    with at("breaker"):
        breaker = Breaker(
            off=message.breaker.off,
            **_given(
                message.breaker,
                "failure_rate",
                "minimum_calls",
                "window_calls",
                "consecutive_failures",
                "probes",
                "slow_rate",
            ),
            **_spans(message.breaker, "window", "open", "slow_call"),
        )
    with at("cache"):
        cache = Cache(**_spans(message.cache, "ttl", "stale"))
    return Policy(
        **_spans(message, "timeout", "first_token_timeout", "idle_timeout"),
        **_given(message, "retries", "max_attempts"),
        hedge=message.hedge or bounds.AUTO,
        continuation=message.continuation or bounds.AUTO,
        breaker=breaker,
        fallbacks=tuple(Fallback(one.reason, _decode_targets(one.targets)) for one in message.fallbacks),
        cache=cache,
        single_flight=message.single_flight,
        degradation=Degradation(_decode_targets(message.degradation.targets), message.degradation.answer),
        unsupported=message.unsupported or bounds.AUTO,
    )


def _encode_policy(policy: Policy) -> pb.Policy:
    return pb.Policy(
        timeout=duration(policy.timeout),
        first_token_timeout=duration(policy.first_token_timeout),
        idle_timeout=duration(policy.idle_timeout),
        retries=policy.retries,
        max_attempts=policy.max_attempts,
        hedge=policy.hedge,
        continuation=policy.continuation,
        breaker=_unless_empty(_encode_breaker(policy.breaker)),
        fallbacks=[pb.Fallback(reason=one.reason, targets=_encode_targets(one.targets)) for one in policy.fallbacks],
        cache=_unless_empty(pb.CachePolicy(ttl=duration(policy.cache.ttl), stale=duration(policy.cache.stale))),
        single_flight=policy.single_flight,
        degradation=_unless_empty(
            pb.Degradation(targets=_encode_targets(policy.degradation.targets), answer=policy.degradation.answer)
        ),
        unsupported=policy.unsupported,
    )


def _encode_breaker(breaker: Breaker) -> pb.BreakerPolicy:
    return pb.BreakerPolicy(
        off=breaker.off,
        failure_rate=breaker.failure_rate,
        minimum_calls=breaker.minimum_calls,
        window=duration(breaker.window),
        window_calls=breaker.window_calls,
        consecutive_failures=breaker.consecutive_failures,
        open=duration(breaker.open),
        probes=breaker.probes,
        slow_call=duration(breaker.slow_call),
        slow_rate=breaker.slow_rate,
    )


def _given(message: Message, *names: str) -> dict[str, Any]:
    """Those of the fields that are there."""
    return {name: getattr(message, name) for name in names if message.HasField(name)}


def _spans(message: Message, *names: str) -> dict[str, Any]:
    """Those of the durations that are there. Raises Failure(INVALID_REQUEST)."""
    return {name: span(value, field=name) for name, value in _given(message, *names).items()}


def _unless_empty(message: M) -> M | None:
    """None for a field to stay absent where it would say nothing."""
    return message if message.ByteSize() else None
