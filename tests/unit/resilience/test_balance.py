"""Orders and splits."""

import itertools
import random
import subprocess
import sys
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bench.timeline import Timeline
from resilience.balance import Candidate, Load, balanced, by_session, cheapest, fastest, split, weighted

WEIGHTS = st.lists(st.floats(0, 100), max_size=12)
CANDIDATES = st.lists(
    st.builds(Candidate, st.floats(0, 1000), st.one_of(st.none(), st.floats(0, 1000)), st.floats(0, 1)), max_size=12
)


@given(WEIGHTS, st.integers())
def test_a_weighted_order_has_every_index_once_and_those_of_no_weight_last(weights: list[float], seed: int) -> None:
    order = weighted(weights, random.Random(seed))
    assert sorted(order) == list(range(len(weights)))
    seen = [weights[index] > 0 for index in order]
    assert seen == sorted(seen, reverse=True)


def test_first_places_go_by_weight() -> None:
    rng = random.Random(7)
    firsts = Counter(weighted([1.0, 2.0, 5.0, 0.0], rng)[0] for _ in range(8000))
    assert [round(firsts[index] / 1000) for index in range(4)] == [1, 2, 5, 0]


def test_the_fastest_comes_first_and_ties_are_broken_by_chance() -> None:
    clock = Timeline()
    loads = [Load(clock) for _ in range(3)]
    slow = loads[1].begin()
    clock.run_until(3.0)
    slow.end(True)
    rng = random.Random(3)
    orders = [fastest(loads, rng) for _ in range(200)]
    assert all(order[2] == 1 for order in orders)
    assert {order[0] for order in orders} == {0, 2}


@given(st.text(), st.lists(st.text(), min_size=2, max_size=8, unique=True), st.data())
def test_removing_a_target_moves_only_its_own_sessions(session: str, names: list[str], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.floats(0.1, 10), min_size=len(names), max_size=len(names)))
    order = [names[index] for index in by_session(session, names, weights)]
    gone = data.draw(st.integers(0, len(names) - 1))
    left = names[:gone] + names[gone + 1 :]
    after = [left[index] for index in by_session(session, left, weights[:gone] + weights[gone + 1 :])]
    assert after == [name for name in order if name != names[gone]]


@given(st.text(), st.permutations(["a", "b", "c", "d"]))
def test_the_order_in_which_targets_are_written_does_not_matter(session: str, names: list[str]) -> None:
    first = ["a", "b", "c", "d"]
    there = [first[index] for index in by_session(session, first, [1.0] * 4)]
    assert [names[index] for index in by_session(session, names, [1.0] * 4)] == there


def test_sessions_are_spread_by_weight() -> None:
    firsts = Counter(by_session(f"session-{n}", ["a", "b", "c"], [1.0, 3.0, 0.0])[0] for n in range(4000))
    assert 900 < firsts[0] < 1100
    assert firsts[2] == 0


def test_another_process_sends_a_session_to_the_same_target() -> None:
    program = "from resilience.balance import by_session; print(by_session('s-1', ['a', 'b', 'c', 'd'], [1.0] * 4))"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == str(by_session("s-1", ["a", "b", "c", "d"], [1.0] * 4))


@given(CANDIDATES)
def test_the_cheapest_come_first_and_unknown_prices_last(candidates: list[Candidate]) -> None:
    order = [candidates[index] for index in cheapest(candidates)]
    assert sorted(order, key=id) == sorted(candidates, key=id)
    for before, after in itertools.pairwise(order):
        if after.cost is not None:
            assert before.cost is not None
            assert (before.cost, before.latency) <= (after.cost, after.latency)


def test_one_weight_alone_orders_by_it() -> None:
    candidates = [Candidate(3.0, 1.0, 0.2), Candidate(1.0, 3.0, 0.5), Candidate(2.0, 2.0, 0.9)]
    assert balanced(candidates, latency=1.0, cost=0.0, quality=0.0) == [1, 2, 0]
    assert balanced(candidates, latency=0.0, cost=1.0, quality=0.0) == [0, 2, 1]
    assert balanced(candidates, latency=0.0, cost=0.0, quality=1.0) == [2, 1, 0]
    assert balanced(candidates, latency=0.0, cost=0.0, quality=0.0) == [0, 1, 2]


def test_an_unknown_cost_counts_as_the_dearest() -> None:
    candidates = [Candidate(1.0, None, 0.5), Candidate(1.0, 2.0, 0.5), Candidate(1.0, 9.0, 0.5)]
    assert balanced(candidates, latency=0.0, cost=1.0, quality=0.0) == [1, 0, 2]


@given(CANDIDATES, st.floats(0, 10), st.floats(0, 10), st.floats(0, 10), st.floats(0.25, 4))
def test_units_of_cost_do_not_matter(
    candidates: list[Candidate], latency: float, cost: float, quality: float, rate: float
) -> None:
    power = 2.0 ** round(rate)  # exact in a float, so that ties stay ties
    dearer = [Candidate(c.latency, None if c.cost is None else c.cost * power, c.quality) for c in candidates]
    assert balanced(dearer, latency=latency, cost=cost, quality=quality) == balanced(
        candidates, latency=latency, cost=cost, quality=quality
    )


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_what_is_in_a_share_is_in_every_larger_one(key: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert split(large, key) or not split(small, key)
    assert split(1.0, key)
    assert not split(0.0, key)


def test_a_split_takes_its_share() -> None:
    taken = sum(split(0.05, f"request-{n}") for n in range(20_000))
    assert 900 < taken < 1100
