"""Routes of a snapshot; what a message leaves out is as the domain's values have it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.text_format import MessageToString

from resilience.breaker import BreakerSettings
from resilience.errors import Reason
from seawall.config.v1 import resources_pb2 as pb
from services.gateway.adapters.configuration.words import Words
from services.gateway.domain.route import (
    Balance,
    CachePolicy,
    Capabilities,
    Continuation,
    Degradation,
    Policy,
    Route,
    Strategy,
    Target,
    Unsupported,
)

_USUAL = {"openai": Capabilities(prefill=False)}
"""OpenAI documents no way to go on with an answer that was begun."""
_HEDGE = {"auto": True, "off": False}


def usual_capabilities(vendor: str) -> Capabilities:
    """What targets at a vendor can do where nobody says otherwise."""
    return _USUAL.get(vendor, Capabilities())


class RouteReader:
    """Reads the routes of one organization, whose providers are at `vendors`, by provider id."""

    def __init__(self, vendors: Mapping[str, str], words: Words) -> None:
        self._vendors = vendors
        self._words = words

    def route(self, message: pb.Route) -> Route:
        """The route that `message` says."""
        return Route(
            targets=self._targets(message.targets),
            policy=self._policy(message.policy),
            affinity=message.affinity,
            **_known(
                strategy=self._words.meaning("strategy", message.strategy, Strategy),
                balance=_balance(message.balance) if message.HasField("balance") else None,
            ),
        )

    def _targets(self, messages: Iterable[pb.Target]) -> tuple[Target, ...]:
        return tuple(self._target(message) for message in messages)

    def _target(self, message: pb.Target) -> Target:
        said = message.capabilities
        usual = usual_capabilities(self._vendors.get(message.provider, ""))
        return Target(
            message.provider,
            message.model,
            canary=message.canary,
            shadow=message.shadow,
            capabilities=replace(
                usual,
                context_window=said.context_window,
                **_given(said, "prefill", "tools", "json_schema", "vision"),
            ),
            **_given(message, "weight", "quality"),
        )

    def _policy(self, message: pb.Policy) -> Policy:
        degradation = message.degradation
        return Policy(
            fallbacks=self._fallbacks(message.fallbacks),
            cache=CachePolicy(**_given(message.cache, "ttl", "stale")),
            single_flight=message.single_flight,
            degradation=Degradation(self._targets(degradation.targets), degradation.answer),
            breaker=None if message.breaker.off else self._breaker(message.breaker),
            **_given(message, "timeout", "first_token_timeout", "idle_timeout", "retries", "max_attempts"),
            **_known(
                hedge=self._words.meaning("hedge", message.hedge, _HEDGE.__getitem__),
                continuation=self._words.meaning("continuation", message.continuation, Continuation),
                unsupported=self._words.meaning("unsupported", message.unsupported, Unsupported),
            ),
        )

    def _breaker(self, message: pb.BreakerPolicy) -> BreakerSettings:
        said = MessageToString(message, as_one_line=True)
        return self._words.meaning("breaker", said, lambda _: _breaker(message)) or BreakerSettings()

    def _fallbacks(self, messages: Iterable[pb.Fallback]) -> Mapping[Reason, tuple[Target, ...]]:
        return {
            reason: self._targets(message.targets)
            for message in messages
            if (reason := self._words.meaning("fallbacks.reason", message.reason, Reason)) is not None
        }


def _balance(message: pb.Balance) -> Balance:
    return Balance(message.latency, message.cost, message.quality)


def _breaker(message: pb.BreakerPolicy) -> BreakerSettings:
    settings = BreakerSettings(
        **_given(
            message,
            "failure_rate",
            "minimum_calls",
            "window",
            "window_calls",
            "consecutive_failures",
            "probes",
            "slow_call",
            "slow_rate",
        )
    )
    if message.HasField("open"):
        first = _seconds(message.open)
        settings = replace(settings, open_for=first, open_cap=max(first, settings.open_cap))
    if settings.window_calls and not message.HasField("minimum_calls"):
        # More calls than the window holds would never come together.
        settings = replace(settings, minimum_calls=min(settings.minimum_calls, settings.window_calls))
    return settings


def _given(message: Message, *names: str) -> dict[str, Any]:
    """Those of the fields that are there; durations as seconds."""
    return {name: _plain(getattr(message, name)) for name in names if message.HasField(name)}


def _known(**values: object) -> dict[str, Any]:
    """Those of the values that are something."""
    return {name: value for name, value in values.items() if value is not None}


def _plain(value: object) -> object:
    return _seconds(value) if isinstance(value, Duration) else value


def _seconds(duration: Duration) -> float:
    return duration.ToTimedelta().total_seconds()
