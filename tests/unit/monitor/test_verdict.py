"""Verdicts, on tables of cases: second by second, how many attempts succeeded and failed."""

from datetime import UTC, datetime

import pytest

from events.health import Verdict
from resilience.errors import Reason
from services.monitor.domain.verdict import Tally, judge

NOW = 1_000_000
MOMENT = datetime.fromtimestamp(NOW + 0.5, UTC)
UNKNOWN, HEALTHY, DEGRADED, DOWN = Verdict.UNKNOWN, Verdict.HEALTHY, Verdict.DEGRADED, Verdict.DOWN

Seen = dict[int, tuple[int, int]]
"""Age in seconds → attempts that succeeded and that failed."""


def tallies(seen: Seen, reason: Reason = Reason.VENDOR_ERROR) -> list[Tally]:
    found = []
    for age, (succeeded, failed) in seen.items():
        found += [Tally(NOW - age, None, succeeded)] * (succeeded > 0) + [Tally(NOW - age, reason, failed)] * (
            failed > 0
        )
    return found


@pytest.mark.parametrize(
    ("previous", "seen", "verdict", "why"),
    [
        (UNKNOWN, {}, UNKNOWN, "nothing was seen"),
        (UNKNOWN, {0: (2, 0)}, UNKNOWN, "too few to acquit"),
        (UNKNOWN, {0: (3, 0)}, HEALTHY, "enough to acquit"),
        (UNKNOWN, {0: (0, 4)}, UNKNOWN, "too few to condemn"),
        (UNKNOWN, {0: (0, 5)}, DOWN, "enough to condemn"),
        (UNKNOWN, {0: (17, 3)}, DEGRADED, "15 % after nothing is not healthy"),
        (HEALTHY, {0: (0, 4)}, HEALTHY, "four failures are too few"),
        (HEALTHY, {0: (5, 5)}, DOWN, "half of them fail"),
        (HEALTHY, {0: (6, 4)}, DEGRADED, "two in five fail"),
        (HEALTHY, {0: (17, 3)}, HEALTHY, "15 % does not unsettle the healthy"),
        (HEALTHY, {0: (16, 4)}, DEGRADED, "20 % does"),
        (HEALTHY, {0: (19, 1)}, HEALTHY, "one in twenty fails"),
        (DEGRADED, {0: (17, 3)}, DEGRADED, "15 % does not acquit the degraded"),
        (DEGRADED, {0: (9, 1)}, DEGRADED, "exactly 10 % does not"),
        (DEGRADED, {0: (10, 1)}, HEALTHY, "9 % does"),
        (DOWN, {0: (7, 3)}, DOWN, "30 % does not raise the down"),
        (DOWN, {0: (8, 2)}, DEGRADED, "20 % does"),
        (DOWN, {0: (3, 0)}, HEALTHY, "three successes and nothing else"),
        (DOWN, {0: (2, 0)}, DOWN, "two successes are too few"),
        (DOWN, {}, DOWN, "without traffic the verdict stays"),
        (HEALTHY, {}, HEALTHY, "without traffic the verdict stays"),
        # The short window is judged, where it holds enough.
        (HEALTHY, {0: (0, 5), 6: (1000, 0)}, DOWN, "what was before the short window does not count"),
        (DOWN, {0: (5, 0), 6: (0, 1000)}, HEALTHY, "what was before the short window does not count"),
        (HEALTHY, {4: (0, 5), 5: (100, 0)}, DOWN, "the short window is five seconds"),
        # Thin traffic: as far back as it takes.
        (HEALTHY, {0: (0, 1), 10: (0, 1), 20: (0, 1), 30: (0, 1), 40: (0, 1)}, DOWN, "five failures in a minute"),
        (HEALTHY, {0: (0, 1), 15: (0, 1), 30: (0, 1), 45: (0, 1), 60: (0, 1)}, HEALTHY, "the fifth is too long ago"),
        (DOWN, {0: (1, 0), 10: (1, 0), 20: (1, 0), 30: (0, 9)}, HEALTHY, "the last three succeeded"),
        (DOWN, {0: (1, 0), 10: (1, 0), 20: (0, 3)}, DOWN, "the last two succeeded"),
        # A breaker takes the target out of traffic after five failures in a row.
        (HEALTHY, {10: (0, 5), 11: (100, 0)}, DOWN, "the calls that opened the breaker are what is judged"),
        (DOWN, {0: (0, 1), 5: (0, 1), 10: (0, 5), 11: (100, 0)}, DOWN, "its probes fail"),
    ],
)
def test_verdict(previous: Verdict, seen: Seen, verdict: Verdict, why: str) -> None:
    assert judge(previous, tallies(seen), (), MOMENT).verdict is verdict, why


@pytest.mark.parametrize("previous", [UNKNOWN, HEALTHY, DEGRADED, DOWN])
def test_a_target_at_its_rate_limit_is_degraded_and_not_down(previous: Verdict) -> None:
    limited = tallies({0: (0, 50)}, Reason.VENDOR_RATE_LIMITED)
    assert judge(previous, limited, (), MOMENT).verdict is DEGRADED
    assert judge(previous, [*limited, *tallies({1: (0, 49)})], (), MOMENT).verdict is (
        DOWN if previous is DOWN else DEGRADED
    )
    assert judge(previous, [*limited, *tallies({1: (0, 50)})], (), MOMENT).verdict is DOWN


@pytest.mark.parametrize("rate", [5, 20, 200])
def test_a_target_that_fails_is_down_within_three_seconds_of_its_windows(rate: int) -> None:
    verdict, flipped = HEALTHY, None
    for second in range(6):
        seen: Seen = {age: (0, rate) if age < second else (rate, 0) for age in range(30)}
        verdict = judge(verdict, tallies(seen), (), MOMENT).verdict
        if verdict is DOWN and flipped is None:
            flipped = second
    assert flipped == 3


def test_a_target_at_the_edge_does_not_flap() -> None:
    verdicts, verdict = [], HEALTHY
    for failed in (4, 2, 4, 2, 4, 2, 1):
        verdict = judge(verdict, tallies({0: (20 - failed, failed)}), (), MOMENT).verdict
        verdicts.append(verdict)
    assert verdicts == [DEGRADED] * 6 + [HEALTHY]


@pytest.mark.parametrize(
    ("seen", "explanation"),
    [
        ({0: (1, 9)}, "9 of 10 attempts failed in the last 5 s, all vendor_error."),
        ({0: (10, 0)}, "None of 10 attempts failed in the last 5 s."),
        ({0: (0, 3), 20: (0, 3)}, "6 of 6 attempts failed in the last 21 s, all vendor_error."),
        ({0: (1, 0)}, "None of 1 attempt failed in the last 60 s."),
        ({}, "No attempt ended in the last 60 s."),
    ],
)
def test_the_explanation_says_what_was_seen(seen: Seen, explanation: str) -> None:
    assert judge(UNKNOWN, tallies(seen), (), MOMENT).explanation == explanation


def test_the_explanation_names_the_most_frequent_reason() -> None:
    seen = [Tally(NOW, Reason.VENDOR_ERROR, 2), Tally(NOW, Reason.VENDOR_UNREACHABLE, 7), Tally(NOW, None, 1)]
    judgement = judge(HEALTHY, seen, (), MOMENT)
    assert judgement.explanation == "9 of 10 attempts failed in the last 5 s, mostly vendor_unreachable."
    assert (judgement.attempts, judgement.failures) == (10, 9)
