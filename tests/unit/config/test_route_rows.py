"""A route in its row: whatever it says comes back, and rows from before routes said so much are read."""

import json
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from chassis.manifest import bounds
from services.config.adapters.sql.tables import ModelRow
from services.config.domain.model import Model
from services.config.domain.policy import Breaker, Cache, Degradation, Fallback, Policy
from services.config.domain.route import Balance, Route
from services.config.domain.target import Capabilities, Target

NAME = "organizations/acme/models/chat"

shares = st.floats(0, 1)
weights = st.floats(0, 1000)
times = st.none() | st.timedeltas(timedelta(microseconds=1), timedelta(hours=1))
calls = st.none() | st.integers(1, 100)
maybe = st.none() | st.booleans()
capabilities = st.builds(Capabilities, maybe, maybe, maybe, maybe, st.integers(0, 10**9))
ids = st.sampled_from(["a", "b", "c"])
spares = st.lists(
    st.builds(Target, ids, ids, capabilities=capabilities), max_size=3, unique_by=lambda one: (one.provider, one.model)
).map(tuple)
targets = st.lists(
    st.builds(Target, ids, ids, st.none() | weights, st.none() | shares, shares, shares, capabilities),
    min_size=1,
    max_size=3,
).map(tuple)
breakers = st.builds(
    Breaker,
    st.booleans(),
    st.none() | shares,
    calls,
    times,
    calls,
    calls,
    times,
    calls,
    times,
    st.none() | shares,
)
policies = st.builds(
    Policy,
    times,
    times,
    times,
    st.none() | st.integers(0, 10),
    st.none() | st.integers(1, 20),
    st.sampled_from(bounds.HEDGES.known),
    st.sampled_from(bounds.CONTINUATIONS.known),
    breakers,
    st.lists(st.builds(Fallback, st.sampled_from(bounds.FALLBACK_REASONS.known), spares), max_size=2).map(tuple),
    st.builds(Cache, times, times),
    st.booleans(),
    st.builds(Degradation, spares, st.text(max_size=20)),
    st.sampled_from(bounds.UNSUPPORTED.known),
)
routes = st.builds(
    Route,
    targets,
    st.sampled_from(bounds.STRATEGIES.known),
    policies,
    st.none() | st.builds(Balance, weights, weights, weights),
    st.booleans(),
)


@given(routes)
def test_a_route_comes_back_from_its_row(route: Route) -> None:
    row = ModelRow.of(Model(NAME, route))
    row.rest = json.loads(json.dumps(row.rest))
    assert row.resource() == Model(NAME, route)


def test_a_row_holds_only_what_a_route_says() -> None:
    assert ModelRow.of(Model(NAME, Route((Target("a", "m"),)))).rest == {"targets": [{}]}


def test_a_row_of_the_version_before_says_what_it_said() -> None:
    policy = Policy(timedelta(seconds=9), timedelta(seconds=1), retries=0)
    route = Route((Target("a", "m"), Target("b", "m")), policy=policy)
    row = ModelRow.of(Model(NAME, route))
    row.rest = None
    assert row.resource().route == route


def test_a_row_of_a_newer_version_is_read_as_far_as_it_is_understood() -> None:
    row = ModelRow.of(Model(NAME, Route((Target("a", "m", canary=0.5),))))
    assert row.rest is not None
    row.rest |= {"mirror": "b", "targets": [{"canary": 0.5, "region": "eu"}], "policy": {"hedge": "always"}}
    assert row.resource().route == Route((Target("a", "m", canary=0.5),), policy=Policy(hedge="always"))
