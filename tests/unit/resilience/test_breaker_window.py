from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from resilience.breaker.window import SLICES, CountWindow, TimeWindow

ENDS = st.lists(st.tuples(st.floats(0.0, 4.0), st.booleans(), st.booleans()), max_size=80)


@given(ENDS)
def test_a_time_window_counts_all_of_nine_tenths_and_nothing_beyond_the_whole(
    ends: list[tuple[float, bool, bool]],
) -> None:
    window, now, seen = TimeWindow(10.0), 100.0, []
    for pause, failed, slow in ends:
        now += pause
        seen.append((now, failed, slow))
        window.record(now, failed=failed, slow=slow)
        within = [end for end in seen if end[0] > now - 10.0 * (SLICES - 1) / SLICES]
        ever = [end for end in seen if end[0] > now - 10.0 - 1e-6]
        for counted, of in (
            (window.calls, _all),
            (window.failures, _failed),
            (window.slow, _slow),
        ):
            assert _count(within, of) <= counted <= _count(ever, of)


@given(ENDS, st.integers(1, 12))
def test_a_count_window_counts_exactly_the_last(ends: list[tuple[float, bool, bool]], size: int) -> None:
    window = CountWindow(size)
    for number, (now, failed, slow) in enumerate(ends, start=1):
        window.record(now, failed=failed, slow=slow)
        last = ends[max(0, number - size) : number]
        assert (window.calls, window.failures, window.slow) == (
            len(last),
            _count(last, _failed),
            _count(last, _slow),
        )


def test_a_long_silence_empties_a_time_window() -> None:
    window = TimeWindow(1.0)
    window.record(5.0, failed=True)
    window.record(1e6)
    assert (window.calls, window.failures) == (1, 0)


def _count(ends: list[tuple[float, bool, bool]], of: Callable[[tuple[float, bool, bool]], bool]) -> int:
    return sum(map(of, ends))


def _all(end: tuple[float, bool, bool]) -> bool:
    return True


def _failed(end: tuple[float, bool, bool]) -> bool:
    return end[1]


def _slow(end: tuple[float, bool, bool]) -> bool:
    return end[2]
