"""What a target's recent calls say."""

import itertools
import random
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.timeline import Timeline
from resilience.balance import Call, Load


def ask(load: Load, clock: Timeline, seconds: float, *, succeeded: bool = True) -> None:
    call = load.begin()
    clock.run_until(clock.monotonic() + seconds)
    call.end(succeeded)


def asked(seconds: float, times: int = 50) -> tuple[Timeline, Load]:
    clock = Timeline()
    load = Load(clock)
    for _ in range(times):
        ask(load, clock, seconds)
    return clock, load


def test_a_target_never_asked_scores_nothing_and_one_call_to_it_is_enough() -> None:
    clock, known = asked(1.0)
    unknown = Load(clock)
    assert unknown.score == 0.0
    assert unknown.latency == 0.0
    unknown.begin()
    assert unknown.score > known.score


def test_latency_is_what_answers_take() -> None:
    _, load = asked(0.7)
    assert load.latency == pytest.approx(0.7, rel=0.05)


def test_each_call_under_way_makes_the_next_dearer() -> None:
    _, load = asked(1.0)
    scores = []
    for _ in range(20):
        scores.append(load.score)
        load.begin()
    assert scores == sorted(scores)
    assert scores[-1] > 3.0 * scores[0]


def test_silence_is_noticed_before_anything_comes_back() -> None:
    clock, load = asked(1.0)
    for _ in range(5):
        load.begin()
    before = load.score
    clock.run_until(clock.monotonic() + 5.0)
    assert load.score > 1.5 * before
    assert load.latency >= 5.0


def test_a_fast_refusal_is_no_fast_answer() -> None:
    clock, load = asked(1.0)
    before = load.score
    ask(load, clock, 0.001, succeeded=False)
    assert load.score > before


def test_refusals_in_a_row_weigh_more_each_time_and_a_success_ends_the_row() -> None:
    clock, load = asked(1.0)
    scores = [load.score]
    for _ in range(4):
        ask(load, clock, 0.001, succeeded=False)
        scores.append(load.score)
    steps = [after - before for before, after in itertools.pairwise(scores)]
    assert steps == sorted(steps)
    ask(load, clock, 1.0)
    before = load.score
    ask(load, clock, 0.001, succeeded=False)
    assert load.score - before < steps[1]


def test_what_was_bad_is_forgotten_and_the_target_is_as_it_usually_is() -> None:
    clock, load = asked(1.0)
    usual = load.score
    for _ in range(5):
        ask(load, clock, 0.001, succeeded=False)
    assert load.score > 5.0 * usual
    clock.run_until(clock.monotonic() + 60.0)
    assert load.score == pytest.approx(usual, rel=0.1)


def test_an_abandoned_wait_is_no_answer_but_seconds_waited() -> None:
    clock, load = asked(1.0)
    before = load.latency
    load.begin().abandon()
    assert load.latency == before
    call = load.begin()
    clock.run_until(clock.monotonic() + 10.0)
    call.abandon()
    assert load.in_flight == 0
    assert load.latency > 1.2 * before


def steepness(slots: int) -> float:
    """How much dearer the eleventh call is than the first, after many waves of calls to a target with so many slots."""
    clock, rng = Timeline(), random.Random(1)
    load = Load(clock)
    for _ in range(500):
        for place in range(rng.randint(1, 12)):
            clock.call_later(1.0 + place // slots, partial(load.begin().end, True))
        clock.run_until(clock.monotonic() + 20.0)
    alone = load.score
    for _ in range(10):
        load.begin()
    return load.score / alone


def test_where_calls_queue_is_learned() -> None:
    assert steepness(2) > 1.5 * steepness(6) > 1.5**2 * steepness(100)


def test_ending_twice_changes_nothing() -> None:
    _, load = asked(1.0)
    call = load.begin()
    call.end(True)
    score = load.score
    call.end(False)
    call.abandon()
    assert load.in_flight == 0
    assert load.score == score


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.sampled_from(["begin", "answer", "fail", "abandon"]), st.integers(0, 10)),
        max_size=200,
    )
)
def test_score_and_latency_are_never_negative_and_calls_are_counted(steps: list[tuple[float, str, int]]) -> None:
    clock = Timeline()
    load = Load(clock)
    calls: list[Call] = []
    for seconds, what, which in steps:
        clock.run_until(clock.monotonic() + seconds)
        if what == "begin" or not calls:
            calls.append(load.begin())
        else:
            call = calls.pop(which % len(calls))
            if what == "abandon":
                call.abandon()
            else:
                call.end(what == "answer")
        assert load.in_flight == len(calls)
        assert 0.0 <= load.score < float("inf")
        assert 0.0 <= load.latency < float("inf")
        if calls:
            oldest = min(call.began_at for call in calls)
            assert load.latency >= clock.monotonic() - oldest
