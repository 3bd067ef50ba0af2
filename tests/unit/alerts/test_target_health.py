"""What verdicts do to alerts."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.alerts import AlertState, Severity
from events.health import Verdict
from resilience.errors import Failure
from services.alerts.domain.alert import SEAWALL, Alert, Kind, open_alert
from services.alerts.domain.target_health import judge
from tests.unit.alerts.values import T0, alert, verdict

DOWN, DEGRADED = alert(Kind.TARGET_DOWN), alert(Kind.TARGET_DEGRADED)


@pytest.mark.parametrize(
    ("unresolved", "seen", "resolved", "opened"),
    [
        ([], Verdict.HEALTHY, [], []),
        ([], Verdict.UNKNOWN, [], []),
        ([], Verdict.DEGRADED, [], [Kind.TARGET_DEGRADED]),
        ([], Verdict.DOWN, [], [Kind.TARGET_DOWN]),
        ([DEGRADED], Verdict.HEALTHY, [DEGRADED], []),
        ([DEGRADED], Verdict.UNKNOWN, [], []),
        ([DEGRADED], Verdict.DEGRADED, [], []),
        ([DEGRADED], Verdict.DOWN, [DEGRADED], [Kind.TARGET_DOWN]),
        ([DOWN], Verdict.HEALTHY, [DOWN], []),
        ([DOWN], Verdict.UNKNOWN, [], []),
        ([DOWN], Verdict.DEGRADED, [DOWN], [Kind.TARGET_DEGRADED]),
        ([DOWN], Verdict.DOWN, [], []),
    ],
)
def test_a_verdict_opens_and_resolves_as_the_table_says(
    unresolved: list[Alert], seen: Verdict, resolved: list[Alert], opened: list[Kind]
) -> None:
    changes = judge(unresolved, verdict(seen))
    assert list(changes.resolve) == resolved
    assert [condition.kind for condition in changes.open] == opened


def test_a_down_target_is_critical_and_a_degraded_one_a_warning() -> None:
    assert DOWN.severity is Severity.CRITICAL
    assert DEGRADED.severity is Severity.WARNING


@given(st.lists(st.sampled_from(Verdict), max_size=60))
def test_any_verdicts_leave_at_most_one_alert_and_each_opened_once_resolves_at_most_once(seen: list[Verdict]) -> None:
    unresolved: dict[str, Alert] = {}
    opened: list[str] = []
    resolved: list[str] = []
    for number, one in enumerate(seen):
        changes = judge(list(unresolved.values()), verdict(one))
        for ended in changes.resolve:
            del unresolved[ended.id]
            resolved.append(ended.id)
        for condition in changes.open:
            new = open_alert(condition, str(number), T0)
            unresolved[new.id] = new
            opened.append(new.id)
        assert len(unresolved) <= 1
        wanted = {Verdict.DOWN: [Kind.TARGET_DOWN], Verdict.DEGRADED: [Kind.TARGET_DEGRADED], Verdict.HEALTHY: []}
        if one in wanted:
            assert [left.kind for left in unresolved.values()] == wanted[one]
    assert len(set(resolved)) == len(resolved)
    assert set(resolved) <= set(opened)


def test_acknowledging_again_changes_nothing() -> None:
    acknowledged = DOWN.acknowledge("key-1", T0)
    assert (acknowledged.state, acknowledged.actor) == (AlertState.ACKNOWLEDGED, "key-1")
    assert acknowledged.acknowledge("key-2", T0 + timedelta(seconds=9)) is acknowledged


def test_an_acknowledged_alert_still_resolves_by_itself() -> None:
    changes = judge([DOWN.acknowledge("key-1", T0)], verdict(Verdict.HEALTHY))
    (ended,) = changes.resolve
    assert ended.resolve(SEAWALL, T0).state is AlertState.RESOLVED


def test_a_resolved_alert_cannot_be_acknowledged() -> None:
    with pytest.raises(Failure, match="resolved"):
        DOWN.resolve("key-1", T0).acknowledge("key-1", T0)
