"""`seawall.yaml`: what routes and projects may say of how requests are treated."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from chassis.manifest import Policy, Project, Route, parse
from chassis.manifest.routes import Balance, Breaker, Cache, Capabilities, Degradation, Fallback, Target
from resilience.errors import Failure, Reason

PAGE = (Path(__file__).parents[3] / "docs" / "routing.md").read_text()
ACME = "organization: acme\nproviders: [{name: main, vendor: openai}]\n"
TARGET = "{provider: main, model: m}"


def route(fields: str) -> Route:
    return parse(f"{ACME}models: [{{name: chat, route: {{targets: [{TARGET}], {fields}}}}}]").models[0].route


def policy(fields: str) -> Policy:
    return route(f"policy: {{{fields}}}").policy


def project(fields: str) -> Project:
    return parse(f"{ACME}projects: [{{name: shop, {fields}}}]").projects[0]


def refused(text: str) -> str:
    """The one line of the refusal."""
    with pytest.raises(Failure) as caught:
        parse(ACME + text)
    assert caught.value.reason is Reason.INVALID_REQUEST
    (line,) = caught.value.message.splitlines()
    return line


def refused_route(fields: str) -> str:
    line = refused(f"models: [{{name: chat, route: {{targets: [{TARGET}], {fields}}}}}]")
    assert line.startswith("models[0].route.")
    return line.removeprefix("models[0].route.")


def refused_policy(fields: str) -> str:
    return refused_route(f"policy: {{{fields}}}").removeprefix("policy.")


def refused_target(fields: str) -> str:
    line = refused(f"models: [{{name: chat, route: {{targets: [{{provider: main, model: m, {fields}}}]}}}}]")
    return line.removeprefix("models[0].route.targets[0].")


@pytest.mark.parametrize(
    ("said", "read"), [("off", "off"), ('"off"', "off"), ("on", "auto"), ('"on"', "auto"), ("auto", "auto")]
)
def test_hedging_is_switched_by_bare_and_quoted_words(said: str, read: str) -> None:
    assert policy(f"hedge: {said}").hedge == read


@pytest.mark.parametrize("said", ["off", '"off"', "{off: true}", '{"off": true}'])
def test_a_breaker_is_switched_off_by_bare_and_quoted_words(said: str) -> None:
    assert policy(f"breaker: {said}").breaker == Breaker(off=True)


@pytest.mark.parametrize("said", ["on", '"on"', "auto", "{}"])
def test_a_breaker_is_there_unless_it_is_switched_off(said: str) -> None:
    assert policy(f"breaker: {said}").breaker == Breaker()


def test_auto_is_as_absent() -> None:
    fields = ("first_token_timeout", "idle_timeout", "hedge", "continuation", "unsupported", "breaker")
    said = ", ".join(f"{field}: auto" for field in fields)
    assert policy(said) == Policy()


def test_switches_are_bare_words_and_booleans() -> None:
    assert policy("single_flight: on").single_flight
    assert not policy("single_flight: off").single_flight
    assert route("affinity: true").affinity
    assert project("policy_overrides: yes").policy_overrides
    assert project("models: []") == project("criticality: default, policy_overrides: false")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("speed: 1", "speed: is not known; known here: strategy, targets, policy, balance, affinity"),
        ("strategy: random", "strategy: must be one of ordered, weighted, fastest, cheapest, balanced"),
        ("affinity: 1", "affinity: input should be a valid boolean"),
        ("balance: {latency: -1}", "balance.latency: must be from 0 to 1000000"),
        ("balance: {cost: .inf}", "balance.cost: must be from 0 to 1000000"),
        ("balance: {quality: .nan}", "balance.quality: must be from 0 to 1000000"),
        ('balance: {cost: "1"}', "balance.cost: input should be a valid number"),
    ],
)
def test_a_wrong_route_is_refused(fields: str, told: str) -> None:
    assert refused_route(fields) == told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("weight: -1", "weight: must be from 0 to 1000000"),
        ("weight: true", "weight: input should be a valid number"),
        ("quality: 1.1", "quality: must be from 0 to 1"),
        ("canary: 5", "canary: must be from 0 to 1"),
        ("shadow: -0.1", "shadow: must be from 0 to 1"),
        ("shadow: .nan", "shadow: must be from 0 to 1"),
        ("capabilities: {prefill: maybe}", "capabilities.prefill: input should be a valid boolean"),
        ("capabilities: {context_window: -1}", "capabilities.context_window: must be from 0 to 1000000000"),
        ("capabilities: {context_window: 1.5}", "capabilities.context_window: input should be a valid integer"),
        (
            "capabilities: {audio: true}",
            "capabilities.audio: is not known; known here: prefill, tools, json_schema, vision, context_window",
        ),
    ],
)
def test_a_wrong_target_is_refused(fields: str, told: str) -> None:
    assert refused_target(fields) == told


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("first_token_timeout: 61m", "first_token_timeout: must be more than 0s and at most 1h"),
        ("idle_timeout: 0s", "idle_timeout: must be more than 0s and at most 1h"),
        ("idle_timeout: off", "idle_timeout: is not a duration such as 500ms, 60s, 2m or 1h"),
        ("retries: 11", "retries: must be from 0 to 10"),
        ("retries: auto", "retries: input should be a valid integer"),
        ("max_attempts: 0", "max_attempts: must be from 1 to 20"),
        ("max_attempts: 21", "max_attempts: must be from 1 to 20"),
        ("hedge: always", "hedge: must be one of auto, off"),
        ("hedge: 0", "hedge: input should be a valid string"),
        ("continuation: off", "continuation: input should be a valid string"),
        ("continuation: restart", "continuation: must be one of auto, continue, error"),
        ("unsupported: keep", "unsupported: must be one of auto, error, drop"),
        ("breaker: maybe", "breaker: is not a mapping"),
        ("breaker: 0", "breaker: is not a mapping"),
        ("breaker: {failure_rate: 0}", "breaker.failure_rate: must be more than 0 and at most 1"),
        ("breaker: {minimum_calls: 0}", "breaker.minimum_calls: must be from 1 to 10000"),
        ("breaker: {window: 2h}", "breaker.window: must be more than 0s and at most 1h"),
        ("breaker: {window_calls: 0}", "breaker.window_calls: must be from 1 to 10000"),
        ("breaker: {consecutive_failures: 10001}", "breaker.consecutive_failures: must be from 1 to 10000"),
        ("breaker: {open: 0s}", "breaker.open: must be more than 0s and at most 1h"),
        ("breaker: {probes: 101}", "breaker.probes: must be from 1 to 100"),
        ("breaker: {slow_call: 2h}", "breaker.slow_call: must be more than 0s and at most 1h"),
        ("breaker: {slow_rate: 1.1}", "breaker.slow_rate: must be more than 0 and at most 1"),
        (
            "breaker: {cooldown: 1s}",
            f"breaker.cooldown: is not known; known here: {', '.join(Breaker.model_fields)}",
        ),
        ("fallbacks: [{reason: vendor_error, targets: []}]", "fallbacks[0].targets: is empty"),
        ("fallbacks: [{reason: vendor_error}]", "fallbacks[0].targets: is missing"),
        (
            "fallbacks: [{reason: vendor_error, targets: [{provider: gone, model: m}]}]",
            "fallbacks[0].targets[0].provider: there is no provider 'gone'; there is main",
        ),
        (
            "fallbacks: [{reason: vendor_error, targets: [{provider: main, model: m, weight: 2}]}]",
            "fallbacks[0].targets[0].weight: is not known; known here: provider, model, capabilities",
        ),
        ("cache: {ttl: 0s}", "cache.ttl: must be more than 0s and at most 168h"),
        ("cache: {stale: 169h}", "cache.stale: must be more than 0s and at most 168h"),
        ("cache: {size: 1}", "cache.size: is not known; known here: ttl, stale"),
        ('single_flight: "on"', "single_flight: input should be a valid boolean"),
        (
            "degradation: {targets: [{provider: gone, model: m}]}",
            "degradation.targets[0].provider: there is no provider 'gone'; there is main",
        ),
        ("degradation: {targets: []}", "degradation.targets: is empty"),
        (f"degradation: {{answer: {'a' * 10_001}}}", "degradation.answer: string should have at most 10000 characters"),
        (
            "circuit: {}",
            f"circuit: is not known; known here: {', '.join(Policy.model_fields)}",
        ),
    ],
)
def test_a_wrong_policy_is_refused(fields: str, told: str) -> None:
    assert refused_policy(fields) == told


@pytest.mark.parametrize("reason", ["rate_limited", "cancelled", "invalid_request", "other", "vendor_bored"])
def test_only_reasons_that_another_target_helps_with_have_fallbacks(reason: str) -> None:
    told = refused_policy(f"fallbacks: [{{reason: {reason}, targets: [{TARGET}]}}]")
    known = "context_length_exceeded, content_filtered, vendor_rate_limited, vendor_overloaded, "
    assert told.startswith(f"fallbacks[0].reason: must be one of {known}")


@pytest.mark.parametrize("reason", ["context_length_exceeded", "content_filtered", "vendor_error", "vendor_timeout"])
def test_a_reason_has_its_fallbacks(reason: str) -> None:
    (fallback,) = policy(f"fallbacks: [{{reason: {reason}, targets: [{TARGET}]}}]").fallbacks
    assert (fallback.reason, len(fallback.targets)) == (reason, 1)


def test_a_list_of_targets_has_an_end() -> None:
    many = ", ".join(f"{{provider: main, model: m{number}}}" for number in range(33))
    assert refused_policy(f"degradation: {{targets: [{many}]}}") == "degradation.targets: must be from 1 to 32"
    assert refused(f"models: [{{name: chat, route: {{targets: [{many}]}}}}]") == (
        "models[0].route.targets: must be from 1 to 32"
    )


def test_a_cache_keeps_for_a_week_at_most() -> None:
    assert policy("cache: {ttl: 168h}").cache.ttl == timedelta(days=7)


def test_a_project_says_how_much_it_matters() -> None:
    assert project("criticality: sheddable").criticality == "sheddable"
    assert refused("projects: [{name: shop, criticality: vital}]") == (
        "projects[0].criticality: must be one of critical, default, batch, sheddable"
    )
    assert refused('projects: [{name: shop, policy_overrides: "yes"}]') == (
        "projects[0].policy_overrides: input should be a valid boolean"
    )


def test_the_page_on_routing_has_an_example_that_is_right() -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert parse(example).models[0].route.policy.hedge == "off"


@pytest.mark.parametrize(
    "section", [Route, Balance, Target, Capabilities, Policy, Breaker, Fallback, Cache, Degradation, Project]
)
def test_the_page_on_routing_tells_every_field(section: type[BaseModel]) -> None:
    elsewhere = {"name", "models", "limits", "keys"}
    assert {name for name in section.model_fields if f"`{name}`" not in PAGE} <= elsewhere
