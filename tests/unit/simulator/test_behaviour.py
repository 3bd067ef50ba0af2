"""Which calls meet which fault, and how long things take."""

from random import Random

import pytest
from pydantic import TypeAdapter, ValidationError

from simulator import Behaviour, Constant, Cut, ErrorEvent, ErrorStatus, Fault, Hang, Lognormal, Reset, Stall, Uniform
from simulator.behaviour import ActiveBehaviour


def kinds(active: ActiveBehaviour, calls: int, seed: int = 1, *, stream: bool = True) -> list[str | None]:
    rng = Random(seed)
    faults = [active.draw_fault(rng, stream=stream) for _ in range(calls)]
    return [None if fault is None else fault.kind for fault in faults]


def test_shares_of_faults_are_shares_of_calls() -> None:
    active = ActiveBehaviour(Behaviour(faults=(Reset(share=0.1), Hang(share=0.3))))
    drawn = kinds(active, 20_000)
    assert drawn.count("reset") == pytest.approx(2_000, rel=0.1)
    assert drawn.count("hang") == pytest.approx(6_000, rel=0.1)


def test_a_fault_without_a_share_meets_every_call() -> None:
    assert kinds(ActiveBehaviour(Behaviour(faults=(Reset(),))), 100) == ["reset"] * 100


def test_a_share_of_zero_meets_no_call() -> None:
    assert kinds(ActiveBehaviour(Behaviour(faults=(Reset(share=0),))), 1000) == [None] * 1000


def test_counted_faults_meet_exactly_the_next_calls_in_order() -> None:
    behaviour = Behaviour(faults=(Reset(next_calls=2), Hang(next_calls=1)))
    assert kinds(ActiveBehaviour(behaviour), 5) == ["reset", "reset", "hang", None, None]


def test_counted_faults_come_before_shares() -> None:
    behaviour = Behaviour(faults=(Hang(share=1), Reset(next_calls=1)))
    assert kinds(ActiveBehaviour(behaviour), 3) == ["reset", "hang", "hang"]


def test_plain_calls_do_not_use_up_faults_of_streams() -> None:
    active = ActiveBehaviour(Behaviour(faults=(ErrorEvent(next_calls=1),)))
    assert kinds(active, 3, stream=False) == [None] * 3
    assert kinds(active, 2) == ["error_event", None]


def test_a_stream_only_share_leaves_other_shares_of_plain_calls_as_they_are() -> None:
    active = ActiveBehaviour(Behaviour(faults=(ErrorEvent(share=0.5), Reset(share=0.1))))
    drawn = kinds(active, 20_000, stream=False)
    assert "error_event" not in drawn
    assert drawn.count("reset") == pytest.approx(2_000, rel=0.1)


def test_the_same_seed_draws_the_same_faults() -> None:
    behaviour = Behaviour(faults=(Reset(share=0.5),))
    first = kinds(ActiveBehaviour(behaviour), 200, seed=7)
    assert first == kinds(ActiveBehaviour(behaviour), 200, seed=7)
    assert first != kinds(ActiveBehaviour(behaviour), 200, seed=8)


def test_shares_over_one_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"add up to 1\.1"):
        Behaviour(faults=(Reset(share=0.6), Hang(share=0.5)))


def test_ten_tenths_are_not_over_one() -> None:
    assert Behaviour(faults=(Reset(share=0.1),) * 10).faults


def test_a_share_and_a_count_together_are_refused() -> None:
    with pytest.raises(ValidationError, match="not both"):
        Cut(share=0.5, next_calls=2)


@pytest.mark.parametrize(
    "fault",
    [Reset(next_calls=3), ErrorStatus(status=429, retry_after=1.5), Stall(after_chunks=0, share=0.25)],
)
def test_a_fault_as_json_reads_back_equal(fault: Fault) -> None:
    adapter = TypeAdapter(Fault)
    assert adapter.validate_json(adapter.dump_json(fault)) == fault


@pytest.mark.parametrize("text", ["evil\r\nset-cookie: x", "", "ünïcode"])
def test_an_error_code_that_is_not_printable_text_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        ErrorStatus(status=500, code=text)


def test_constant_time_draws_nothing_from_the_seed() -> None:
    rng = Random(3)
    before = rng.getstate()
    assert Constant(seconds=0.25).draw(rng) == 0.25
    assert rng.getstate() == before


def test_uniform_times_stay_in_bounds_and_fill_them() -> None:
    rng = Random(3)
    drawn = [Uniform(low=1, high=3).draw(rng) for _ in range(5_000)]
    assert 1 <= min(drawn) < 1.01
    assert 2.99 < max(drawn) <= 3


def test_a_uniform_time_with_its_bounds_swapped_is_refused() -> None:
    with pytest.raises(ValidationError, match="must not be above"):
        Uniform(low=2, high=1)


def test_lognormal_times_have_their_median_and_p99() -> None:
    rng = Random(3)
    drawn = sorted(Lognormal(median=0.2, sigma=0.5).draw(rng) for _ in range(20_000))
    assert drawn[10_000] == pytest.approx(0.2, rel=0.03)
    assert drawn[19_800] == pytest.approx(0.2 * 2.718281828 ** (2.326 * 0.5), rel=0.06)
