"""Routes and projects, from the operator's file to the value that a gateway runs on; and by RPC."""

from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from resilience.breaker import BreakerSettings
from resilience.criticality import Criticality
from resilience.errors import Reason
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from services.gateway.adapters.configuration import CurrentConfiguration
from services.gateway.domain.configuration import Organization, Project
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
from tests.integration.config.running import MANIFEST, OWN, Config

ROUTES = """
organization: acme
providers:
  - {name: main, vendor: openai}
  - {name: local, vendor: openai-compatible, base_url: "http://gpu-1:8000/v1"}
  - {name: spare, vendor: openai-compatible, base_url: "http://gpu-2:8000/v1"}
models:
  - name: chat
    route:
      strategy: balanced
      balance: {latency: 0.5, cost: 2, quality: 1}
      affinity: true
      targets:
        - {provider: main, model: gpt-5-mini, weight: 3, quality: 0.8, canary: 0.25, shadow: 0.125,
           capabilities: {prefill: true, tools: false, json_schema: false, vision: false, context_window: 8192}}
        - {provider: local, model: meta/llama-4}
      policy:
        timeout: 90s
        first_token_timeout: 1500ms
        idle_timeout: 2.5s
        retries: 3
        max_attempts: 9
        hedge: off
        continuation: error
        unsupported: drop
        breaker: {failure_rate: 0.25, minimum_calls: 4, window: 1m, consecutive_failures: 3, open: 1s, probes: 1,
                  slow_call: 30s, slow_rate: 0.75}
        fallbacks:
          - {reason: context_length_exceeded, targets: [{provider: main, model: gpt-5, capabilities: {prefill: true}}]}
          - {reason: content_filtered, targets: [{provider: local, model: a}, {provider: spare, model: b}]}
        cache: {ttl: 5m, stale: 1h}
        single_flight: on
        degradation: {targets: [{provider: spare, model: small}], answer: "Später."}
  - {name: hard, route: {targets: [{provider: local, model: m}], policy: {breaker: {window_calls: 50}}}}
  - {name: open, route: {targets: [{provider: local, model: m}], policy: {breaker: off}}}
  - {name: plain, route: {targets: [{provider: local, model: m}]}}
projects:
  - {name: shop, models: [chat], limits: {requests_per_minute: 6}, criticality: critical, policy_overrides: on}
  - {name: plain}
"""

CHAT = Route(
    targets=(
        Target(
            "main",
            "gpt-5-mini",
            weight=3.0,
            quality=0.8,
            canary=0.25,
            shadow=0.125,
            capabilities=Capabilities(prefill=True, tools=False, json_schema=False, vision=False, context_window=8192),
        ),
        Target("local", "meta/llama-4"),
    ),
    policy=Policy(
        timeout=90.0,
        first_token_timeout=1.5,
        idle_timeout=2.5,
        retries=3,
        max_attempts=9,
        hedge=False,
        continuation=Continuation.ERROR,
        unsupported=Unsupported.DROP,
        breaker=BreakerSettings(
            failure_rate=0.25,
            minimum_calls=4,
            window=60.0,
            consecutive_failures=3,
            open_for=1.0,
            probes=1,
            slow_call=30.0,
            slow_rate=0.75,
        ),
        fallbacks={
            Reason.CONTEXT_LENGTH_EXCEEDED: (Target("main", "gpt-5", capabilities=Capabilities(prefill=True)),),
            Reason.CONTENT_FILTERED: (Target("local", "a"), Target("spare", "b")),
        },
        cache=CachePolicy(300.0, 3600.0),
        single_flight=True,
        degradation=Degradation((Target("spare", "small"),), "Später."),
    ),
    strategy=Strategy.BALANCED,
    balance=Balance(0.5, 2.0, 1.0),
    affinity=True,
)
PLAIN = Route((Target("local", "m"),))


async def organization(config: Config) -> Organization:
    """What a gateway runs on."""
    snapshot = await config.snapshot()
    assert snapshot is not None
    current = CurrentConfiguration()
    current.apply(snapshot)
    return current().organizations["acme"]


async def model(config: Config, name: str = "chat") -> pb.Model:
    answer = await config.call("GetModel", api.GetModelRequest(name=f"{OWN}/models/{name}"))
    return answer.model  # type: ignore[no-any-return]


def as_by_default(value: Any) -> set[str]:
    """The fields of `value` and of what it holds that are as they would be without a word."""
    if not is_dataclass(value):
        return set()
    said = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
    same = {f"{type(value).__name__}.{field.name}" for field in fields(value) if field.default == said.get(field.name)}
    return same.union(*map(as_by_default, said.values()))


def test_the_file_says_everything_that_a_route_may() -> None:
    """So that nothing can be lost on the way unseen."""
    assert as_by_default(CHAT) | as_by_default(CHAT.targets[0]) == {
        "BreakerSettings.open_cap",
        "Capabilities.prefill",  # which the vendor has not
        "BreakerSettings.window_calls",  # instead of `window`: the route `hard` has it
    }


async def test_what_a_file_says_is_what_a_gateway_runs_on(config: Config) -> None:
    await config.apply(ROUTES)
    acme = await organization(config)
    assert acme.models == {
        "chat": CHAT,
        "hard": Route(PLAIN.targets, Policy(breaker=BreakerSettings(window_calls=50))),
        "open": Route(PLAIN.targets, Policy(breaker=None)),
        "plain": PLAIN,
    }
    assert acme.projects == {
        "shop": Project(frozenset({"chat"}), 6, Criticality.CRITICAL, policy_overrides=True),
        "plain": Project(),
    }


async def test_a_file_applied_twice_leaves_no_trace(config: Config) -> None:
    await config.apply(ROUTES)
    answer = await config.apply(ROUTES)
    assert not [*answer.created, *answer.updated, *answer.deleted]


async def test_a_dry_run_names_a_model_whose_policy_would_change(config: Config) -> None:
    await config.apply(ROUTES)
    changed = ROUTES.replace("max_attempts: 9", "max_attempts: 8").replace(
        "criticality: critical", "criticality: batch"
    )
    answer = await config.apply(changed, dry_run=True)
    assert list(answer.updated) == [f"{OWN}/models/chat", f"{OWN}/projects/shop"]


async def test_what_an_rpc_reads_it_may_write(config: Config) -> None:
    await config.apply(ROUTES)
    read = await model(config)
    version = await config.version()
    assert (await config.call("UpdateModel", api.UpdateModelRequest(model=read))).model == read
    assert await config.version() == version, "nothing was changed"

    request = api.CreateModelRequest(parent=OWN, model_id="copy", model=pb.Model(route=read.route))
    assert (await config.call("CreateModel", request)).model.route == read.route
    assert (await organization(config)).models["copy"] == CHAT


async def test_what_is_left_out_by_rpc_is_told_as_it_is_or_not_at_all(config: Config) -> None:
    await config.apply(ROUTES)
    said = pb.Route(
        targets=[pb.Target(provider="local", model="m", capabilities=pb.Capabilities())],
        policy=pb.Policy(breaker=pb.BreakerPolicy(), cache=pb.CachePolicy(), degradation=pb.Degradation()),
    )
    await config.call("UpdateModel", api.UpdateModelRequest(model=pb.Model(name=f"{OWN}/models/chat", route=said)))
    read = (await model(config)).route
    assert read == pb.Route(
        strategy="ordered",
        targets=[pb.Target(provider="local", model="m")],
        policy=pb.Policy(hedge="auto", continuation="auto", unsupported="auto"),
    )
    assert (await organization(config)).models["chat"] == PLAIN


@pytest.mark.parametrize("provider", ["main", "local", "spare"])
async def test_a_provider_that_any_target_names_is_in_use(config: Config, provider: str) -> None:
    await config.apply(ROUTES)
    failure = await config.refused("DeleteProvider", api.DeleteProviderRequest(name=f"{OWN}/providers/{provider}"))
    assert (failure.reason, failure.detail["used_by"]) == (Reason.IN_USE, f"{OWN}/models/chat")


async def test_a_manifest_of_before_means_what_it_meant(acme: Config) -> None:
    (chat,) = (await organization(acme)).models.values()
    targets = (
        Target("openai-main", "gpt-5-mini", capabilities=Capabilities(prefill=False)),
        Target("local", "meta/llama-4"),
    )
    assert chat == Route(targets, Policy(timeout=60.0, retries=2))
    assert (await organization(acme)).projects["shop"] == Project(frozenset({"chat"}), 600)
    assert "policy: {timeout: 60s, retries: 2}" in MANIFEST
