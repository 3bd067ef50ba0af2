"""What a route may not say, besides what its sections in a manifest refuse: how its parts go together."""

from dataclasses import replace
from datetime import timedelta

import pytest

from resilience.errors import Failure, Reason
from services.config.domain.model import Model
from services.config.domain.policy import Breaker, Cache, Degradation, Fallback, Policy
from services.config.domain.route import Balance, Route
from services.config.domain.target import Capabilities, Target

ONE = Target("a", "m")
SPARE = (Target("b", "large", capabilities=Capabilities(context_window=10)),)


def refused(route: Route) -> str:
    """The field that is refused."""
    with pytest.raises(Failure) as caught:
        Model("organizations/acme/models/chat", route).check()
    assert caught.value.reason is Reason.INVALID_REQUEST
    field = caught.value.detail["field"]
    assert caught.value.message.startswith(f"{field}: ")
    return field.removeprefix("route.")


def route(*targets: Target, **policy: object) -> Route:
    return Route(targets or (ONE,), policy=Policy(**policy))  # type: ignore[arg-type]  # as the test says


def fallback(*targets: Target) -> Route:
    return route(fallbacks=(Fallback("vendor_error", targets),))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (route(replace(ONE, weight=0.0)), "targets"),
        (route(replace(ONE, weight=0.0), Target("b", "m", weight=0.0)), "targets"),
        (route(ONE, replace(ONE, weight=2.0)), "targets[1]"),
        (route(replace(ONE, canary=0.6), Target("b", "m", canary=0.5)), "targets"),
        (route(replace(ONE, shadow=0.6), Target("b", "m", shadow=0.5)), "targets"),
        (Route((ONE,), strategy="balanced", balance=Balance()), "balance"),
        (route(breaker=Breaker(off=True, probes=2)), "policy.breaker.off"),
        (route(breaker=Breaker(window=timedelta(seconds=1), window_calls=9)), "policy.breaker.window_calls"),
        (route(breaker=Breaker(window_calls=9, minimum_calls=10)), "policy.breaker.minimum_calls"),
        (route(cache=Cache(stale=timedelta(hours=1))), "policy.cache.stale"),
        (route(fallbacks=(Fallback("vendor_error", SPARE),) * 2), "policy.fallbacks[1].reason"),
        (fallback(*SPARE * 2), "policy.fallbacks[0].targets[1]"),
        (fallback(), "policy.fallbacks[0].targets"),
        (fallback(replace(ONE, weight=1.0)), "policy.fallbacks[0].targets[0].weight"),
        (fallback(replace(ONE, quality=0.5)), "policy.fallbacks[0].targets[0].quality"),
        (fallback(replace(ONE, canary=0.5)), "policy.fallbacks[0].targets[0].canary"),
        (fallback(replace(ONE, shadow=0.5)), "policy.fallbacks[0].targets[0].shadow"),
        (route(degradation=Degradation((replace(ONE, canary=0.5),))), "policy.degradation.targets[0].canary"),
        (route(degradation=Degradation(SPARE * 2)), "policy.degradation.targets[1]"),
        (route(degradation=Degradation(answer="a\0b")), "policy.degradation.answer"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(wrong: Route, field: str) -> None:
    assert refused(wrong) == field


@pytest.mark.parametrize(
    "right",
    [
        route(replace(ONE, weight=0.0), Target("b", "m")),
        route(*(Target("a", f"m{number}", canary=0.1, shadow=0.1) for number in range(10))),
        route(replace(ONE, canary=0.7), Target("b", "m", canary=0.2), Target("c", "m", canary=0.1)),
        Route((ONE,), strategy="balanced"),
        Route((ONE,), strategy="balanced", balance=Balance(quality=0.1)),
        route(breaker=Breaker(off=True)),
        route(breaker=Breaker(window_calls=9, minimum_calls=9)),
        route(cache=Cache(ttl=timedelta(days=7), stale=timedelta(days=7))),
        route(fallbacks=(Fallback("vendor_error", (ONE, *SPARE)), Fallback("content_filtered", SPARE))),
        route(degradation=Degradation(SPARE, "Later.\nReally.")),
    ],
)
def test_parts_that_go_together_are_accepted(right: Route) -> None:
    Model("organizations/acme/models/chat", right).check()


def test_every_target_that_may_be_asked_is_a_reference() -> None:
    fallbacks = (Fallback("vendor_error", (Target("b", "m"), Target("c", "m"))),)
    model = Model(
        "organizations/acme/models/chat", route(fallbacks=fallbacks, degradation=Degradation((Target("d", "m"),)))
    )
    assert {reference.field: reference.name for reference in model.references} == {
        "route.targets[0].provider": "organizations/acme/providers/a",
        "route.policy.fallbacks[0].targets[0].provider": "organizations/acme/providers/b",
        "route.policy.fallbacks[0].targets[1].provider": "organizations/acme/providers/c",
        "route.policy.degradation.targets[0].provider": "organizations/acme/providers/d",
    }
