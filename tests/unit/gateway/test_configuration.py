"""What the gateway makes of config's snapshot."""

from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from structlog.testing import capture_logs

from chassis.principal import Role
from resilience.breaker import BreakerSettings
from resilience.criticality import Criticality
from resilience.errors import Reason
from seawall.config.v1 import resources_pb2 as pb
from services.gateway.adapters.configuration import CurrentConfiguration
from services.gateway.domain.configuration import Configuration, Project
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

OWN = "organizations/acme"
VENDORS = {"local": "openai-compatible", "main": "openai", "later": "vendor-of-tomorrow"}
BARE = pb.Target(provider="local", model="m")


def snapshot(route: pb.Route | None = None, *, project: pb.Project | None = None, role: int = 2) -> pb.Snapshot:
    key = pb.Key(name=f"{OWN}/projects/shop/keys/ci", role=role)  # type: ignore[arg-type]  # any number
    share = pb.OrganizationSnapshot(
        organization=pb.Organization(name=OWN),
        providers=[pb.Provider(name=f"{OWN}/providers/{name}", vendor=vendor) for name, vendor in VENDORS.items()],
        models=[pb.Model(name=f"{OWN}/models/chat", route=route or pb.Route(targets=[BARE]))],
        projects=[pb.Project(name=f"{OWN}/projects/shop", models=["chat"])],
        keys=[pb.KeyRecord(key=key, digest=b"d" * 32)],
    )
    if project is not None:
        share.projects[0].MergeFrom(project)
    return pb.Snapshot(version=7, organizations=[share])


def applied(message: pb.Snapshot) -> Configuration:
    current = CurrentConfiguration()
    current.apply(message)
    return current()


def route(message: pb.Route) -> Route:
    return applied(snapshot(message)).organizations["acme"].models["chat"]


def policy(**fields: Any) -> Policy:
    return route(pb.Route(targets=[BARE], policy=pb.Policy(**fields))).policy


def project(**fields: Any) -> Project:
    return applied(snapshot(project=pb.Project(**fields))).organizations["acme"].projects["shop"]


def target(**fields: Any) -> Target:
    (read,) = route(pb.Route(targets=[pb.Target(provider="local", model="m", **fields)])).targets
    return read


def test_what_is_left_out_is_as_the_domain_has_it() -> None:
    assert route(pb.Route(targets=[BARE])) == Route((Target("local", "m"),))
    assert project() == Project(frozenset({"chat"}))


def test_a_target_is_read_whole() -> None:
    assert target(weight=0.0, quality=0.0, canary=0.25, shadow=0.5) == Target(
        "local", "m", weight=0.0, quality=0.0, canary=0.25, shadow=0.5
    )


@pytest.mark.parametrize(("provider", "prefill"), [("local", True), ("main", False), ("later", True), ("gone", True)])
def test_a_vendor_has_its_usual_capabilities(provider: str, prefill: bool) -> None:
    (read,) = route(pb.Route(targets=[pb.Target(provider=provider, model="m")])).targets
    assert read.capabilities == Capabilities(prefill=prefill)
    said = pb.Capabilities(prefill=not prefill, tools=False, json_schema=False, vision=False, context_window=8192)
    (read,) = route(pb.Route(targets=[pb.Target(provider=provider, model="m", capabilities=said)])).targets
    assert read.capabilities == Capabilities(
        not prefill, tools=False, json_schema=False, vision=False, context_window=8192
    )


@pytest.mark.parametrize("strategy", Strategy)
def test_a_strategy_is_read(strategy: Strategy) -> None:
    assert route(pb.Route(strategy=strategy, targets=[BARE], affinity=True)) == Route(
        (Target("local", "m"),), strategy=strategy, affinity=True
    )


def test_a_balance_counts_only_what_it_says() -> None:
    assert route(pb.Route(targets=[BARE], balance=pb.Balance(cost=2))).balance == Balance(latency=0, cost=2, quality=0)
    assert route(pb.Route(targets=[BARE])).balance == Balance()


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ({"timeout": Duration(seconds=120)}, Policy(timeout=120.0)),
        ({"first_token_timeout": Duration(seconds=1, nanos=500_000_000)}, Policy(first_token_timeout=1.5)),
        ({"idle_timeout": Duration(seconds=3)}, Policy(idle_timeout=3.0)),
        ({"retries": 0}, Policy(retries=0)),
        ({"max_attempts": 1}, Policy(max_attempts=1)),
        ({"hedge": "off"}, Policy(hedge=False)),
        ({"hedge": "auto"}, Policy(hedge=True)),
        ({"continuation": "error"}, Policy(continuation=Continuation.ERROR)),
        ({"continuation": "continue"}, Policy(continuation=Continuation.CONTINUE)),
        ({"continuation": "auto"}, Policy(continuation=Continuation.AUTO)),
        ({"unsupported": "error"}, Policy(unsupported=Unsupported.ERROR)),
        ({"unsupported": "drop"}, Policy(unsupported=Unsupported.DROP)),
        ({"breaker": pb.BreakerPolicy(off=True)}, Policy(breaker=None)),
        ({"cache": pb.CachePolicy(ttl=Duration(seconds=300))}, Policy(cache=CachePolicy(300.0))),
        (
            {"cache": pb.CachePolicy(ttl=Duration(seconds=300), stale=Duration(seconds=3600))},
            Policy(cache=CachePolicy(300.0, 3600.0)),
        ),
        ({"single_flight": True}, Policy(single_flight=True)),
        (
            {"degradation": pb.Degradation(targets=[BARE], answer="Later.")},
            Policy(degradation=Degradation((Target("local", "m"),), "Later.")),
        ),
    ],
)
def test_a_policy_is_read(said: dict[str, Any], read: Policy) -> None:
    assert policy(**said) == read


@pytest.mark.parametrize(
    ("said", "settings"),
    [
        ({"failure_rate": 0.25}, BreakerSettings(failure_rate=0.25)),
        ({"minimum_calls": 3}, BreakerSettings(minimum_calls=3)),
        ({"window": Duration(seconds=60)}, BreakerSettings(window=60.0)),
        ({"window_calls": 50}, BreakerSettings(window_calls=50)),
        ({"window_calls": 5}, BreakerSettings(window_calls=5, minimum_calls=5)),
        ({"window_calls": 5, "minimum_calls": 4}, BreakerSettings(window_calls=5, minimum_calls=4)),
        ({"consecutive_failures": 2}, BreakerSettings(consecutive_failures=2)),
        ({"open": Duration(seconds=1)}, BreakerSettings(open_for=1.0)),
        ({"probes": 1}, BreakerSettings(probes=1)),
        ({"slow_call": Duration(seconds=30)}, BreakerSettings(slow_call=30.0)),
        ({"slow_rate": 0.5}, BreakerSettings(slow_rate=0.5)),
    ],
)
def test_a_breaker_is_read(said: dict[str, Any], settings: BreakerSettings) -> None:
    assert policy(breaker=pb.BreakerPolicy(**said)).breaker == settings


def test_a_breaker_that_stays_open_for_long_never_stays_shorter() -> None:
    settings = policy(breaker=pb.BreakerPolicy(open=Duration(seconds=60))).breaker
    assert settings == replace(BreakerSettings(), open_for=60.0, open_cap=60.0)


def test_fallbacks_are_by_reason_and_their_targets_have_their_vendors_capabilities() -> None:
    larger = pb.Target(provider="main", model="large", capabilities=pb.Capabilities(context_window=400_000))
    read = policy(fallbacks=[pb.Fallback(reason="context_length_exceeded", targets=[larger, BARE])])
    assert read.fallbacks == {
        Reason.CONTEXT_LENGTH_EXCEEDED: (
            Target("main", "large", capabilities=Capabilities(prefill=False, context_window=400_000)),
            Target("local", "m"),
        )
    }


@pytest.mark.parametrize("criticality", Criticality)
def test_a_project_is_read(criticality: Criticality) -> None:
    said = {"criticality": criticality.label, "policy_overrides": True, "limits": pb.Limits(requests_per_minute=3)}
    assert project(**said) == Project(frozenset({"chat"}), 3, criticality, policy_overrides=True)


def test_words_of_a_newer_config_are_left_out_and_told_once() -> None:
    newer = pb.Route(
        strategy="clairvoyant",
        targets=[BARE],
        policy=pb.Policy(
            hedge="always",
            continuation="rewrite",
            unsupported="rewrite",
            breaker=pb.BreakerPolicy(minimum_calls=0),
            fallbacks=[
                pb.Fallback(reason="vendor_bored", targets=[BARE]),
                pb.Fallback(reason="vendor_error", targets=[BARE]),
            ],
        ),
    )
    message = snapshot(newer, project=pb.Project(criticality="vital"), role=9)
    current = CurrentConfiguration()
    with capture_logs() as logs:
        current.apply(message)
        current.apply(message)
    organization = current().organizations["acme"]
    fallen_back = Policy(fallbacks={Reason.VENDOR_ERROR: (Target("local", "m"),)})
    assert organization.models["chat"] == Route((Target("local", "m"),), fallen_back)
    assert organization.projects["shop"].criticality is Criticality.DEFAULT
    assert not current().keys, "nobody knows what a key of such a role may do"
    assert sorted((entry["field"], entry["word"]) for entry in logs) == [
        ("breaker", "minimum_calls: 0"),
        ("continuation", "rewrite"),
        ("criticality", "vital"),
        ("fallbacks.reason", "vendor_bored"),
        ("hedge", "always"),
        ("role", 9),
        ("strategy", "clairvoyant"),
        ("unsupported", "rewrite"),
    ]


def test_no_more_than_so_many_unknown_words_are_told() -> None:
    current = CurrentConfiguration()
    with capture_logs() as logs:
        for number in range(1010):
            current.apply(snapshot(pb.Route(strategy=f"s{number}", targets=[BARE])))
    assert len(logs) == 1000


def test_a_known_role_is_kept() -> None:
    (key,) = applied(snapshot(role=Role.VIEWER)).keys.values()
    assert (key.principal.organization, key.principal.project, key.principal.role) == ("acme", "shop", Role.VIEWER)


def test_a_provider_is_asked_where_its_vendor_is_served() -> None:
    message = snapshot()
    message.providers_addresses["openai"] = "providers-openai:50051"
    assert applied(message).served_at == {("acme", "main"): "providers-openai:50051"}
