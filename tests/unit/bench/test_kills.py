"""The audit of bench.kills sees what it is there to see, and the schedule spares nobody."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bench.kills.books import Written
from bench.kills.findings import Findings
from bench.kills.order import check_alerts, check_breakers, check_health, check_notifications
from bench.kills.schedule import WEIGHTS, schedule
from events.alerts import AlertChanged, AlertState, Severity
from events.breakers import BreakerChanged, BreakerState
from events.cloudevents import Received
from events.health import TargetVerdictChanged, Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WELL, BAD, GONE = Verdict.HEALTHY, Verdict.DEGRADED, Verdict.DOWN


def verdicts(*chain: Verdict) -> list[Written[TargetVerdictChanged]]:
    """One a second, each after the one before it."""
    return [
        Written(
            0,
            second,
            "acme/a",
            Received(
                f"v{second}",
                "/seawall/monitor",
                NOON,
                None,
                TargetVerdictChanged(
                    organization="acme",
                    target="a",
                    verdict=verdict,
                    previous=previous,
                    explanation=f"at {second}",
                    since=NOON + timedelta(seconds=second),
                    attempts=9,
                    failures=0,
                ),
            ),
        )
        for second, (previous, verdict) in enumerate(zip((Verdict.UNKNOWN, *chain), chain, strict=False))
    ]


def alert(name: str, state: AlertState, second: int, kind: str = "target_down") -> Written[AlertChanged]:
    changed = AlertChanged(
        alert_id=name,
        organization="acme",
        kind=kind,
        subject="a",
        severity=Severity.CRITICAL,
        summary="",
        state=state,
        opened_at=NOON,
        changed_at=NOON + timedelta(seconds=second),
        actor="seawall",
    )
    return Written(0, second, name, Received(f"{name}-{state}", "/seawall/alerts", NOON, None, changed))


def breaker(since: int, identity: str) -> Written[BreakerChanged]:
    changed = BreakerChanged(
        organization="acme",
        target="a",
        state=BreakerState.OPEN,
        previous=BreakerState.CLOSED,
        explanation="",
        since=NOON + timedelta(seconds=since),
        gateway="g",
    )
    return Written(0, since, "acme/a", Received(identity, "/seawall/gateway/g", NOON, None, changed))


def rules(findings: Findings) -> set[str]:
    return set(findings.violations)


def test_what_is_in_order_is_not_found_fault_with() -> None:
    findings = Findings()
    told = check_alerts(
        findings,
        [alert("x", AlertState.OPEN, 1), alert("x", AlertState.RESOLVED, 2)],
        check_health(findings, verdicts(WELL, GONE, WELL)),
    )
    check_notifications(findings, [("n1", "x", "open"), ("n2", "x", "resolved")], told, kills=0)
    check_breakers(findings, [breaker(1, "one"), breaker(2, "two"), breaker(2, "two")])
    assert findings.violations == {}


def test_a_verdict_that_is_missing_is_seen() -> None:
    findings = Findings()
    records = verdicts(WELL, GONE, BAD, WELL)
    check_health(findings, [*records[:2], *records[3:]])
    assert rules(findings) == {"health: a verdict is missing"}


def test_order_that_is_broken_is_seen() -> None:
    findings = Findings()
    check_breakers(findings, [breaker(2, "two"), breaker(1, "one")])
    assert rules(findings) == {"seawall.breaker.changed: out of order"}


def test_an_older_event_that_came_again_last_is_seen() -> None:
    findings = Findings()
    check_breakers(findings, [breaker(1, "one"), breaker(2, "two"), breaker(1, "one")])
    assert rules(findings) == {"seawall.breaker.changed: the last event is not the newest"}


def test_a_key_in_two_partitions_is_seen() -> None:
    findings = Findings()
    check_breakers(findings, [breaker(1, "one"), replace(breaker(2, "two"), partition=1)])
    assert rules(findings) == {"seawall.breaker.changed: one key in several partitions"}


@pytest.mark.parametrize(
    ("records", "rule"),
    [
        ([], "alerts: not what the verdicts ask for"),
        ([alert("x", AlertState.OPEN, 1), alert("y", AlertState.OPEN, 1)], "alerts: not what the verdicts ask for"),
        ([alert("x", AlertState.OPEN, 1, "target_degraded")], "alerts: not what the verdicts ask for"),
        ([alert("x", AlertState.RESOLVED, 1)], "alerts: not opened and resolved once"),
    ],
)
def test_alerts_that_the_verdicts_do_not_ask_for_are_seen(records: Sequence[Written[AlertChanged]], rule: str) -> None:
    findings = Findings()
    check_alerts(findings, records, {"a": [WELL, GONE]})
    assert rule in rules(findings)


def test_notifications_that_are_missing_or_two_or_of_nothing_are_seen() -> None:
    findings = Findings()
    received = [("n1", "x", "open"), ("n2", "x", "open"), ("n3", "z", "open")]
    check_notifications(findings, received, [("x", "open"), ("y", "open")], kills=0)
    assert rules(findings) == {
        "notifications: missing",
        "notifications: two of one change",
        "notifications: of nothing",
    }


@pytest.mark.parametrize(("events", "kills", "least"), [(100_000, 50, 8), (5_000, 10, 1)])
@pytest.mark.parametrize("seed", range(5))
def test_every_service_dies_often_enough_over_the_whole_run(events: int, kills: int, least: int, seed: int) -> None:
    planned = schedule(events=events, kills=kills, seed=seed)
    deaths = Counter(kill.service for kill in planned)
    assert len(planned) == kills
    assert min(deaths[service] for service in WEIGHTS) >= least
    moments = [kill.after for kill in planned]
    assert moments == sorted(moments)
    assert 0 < moments[0] < events / 10
    assert events * 0.9 < moments[-1] < events or kills < 20
    assert schedule(events=events, kills=kills, seed=seed) == planned
