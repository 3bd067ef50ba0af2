from hypothesis import given
from hypothesis import strategies as st

from resilience.retry import Pace


@given(st.lists(st.floats(0.0, 5.0), max_size=30), st.integers(1, 8), st.integers(1, 6), st.floats(0.1, 10.0))
def test_whoever_waits_as_told_keeps_the_pace(idle: list[float], most: int, burst: int, within: float) -> None:
    pace, now = Pace(most=most, burst=burst, within=within), 1000.0
    made: list[float] = []
    for pause in idle:
        now += pause
        wait = pace.wait(now)
        if wait is None:
            assert len(made) == most
            continue
        now += wait
        assert pace.wait(now) == 0.0
        made.append(now)
        pace.note(now)
    assert len(made) <= most
    for early, late in zip(made, made[burst:], strict=False):
        assert late - early >= within - 1e-6


def test_four_at_once_two_after_three_seconds_and_no_more() -> None:
    pace = Pace()
    waits: list[float | None] = []
    for _ in range(6):
        waits.append(pace.wait(10.0 if len(waits) < 5 else 13.0))
        pace.note(10.0 if len(waits) < 5 else 13.0)
    assert waits == [0.0, 0.0, 0.0, 0.0, 3.0, 0.0]
    assert pace.wait(1e9) is None
