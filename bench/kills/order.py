"""Order in the topics, key by key, and that they are whole: no event is missing, none tells of something twice."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from bench.kills.books import Written
from bench.kills.findings import Findings
from bench.kills.weather import Changes
from events.alerts import AlertChanged, AlertState
from events.base import Event
from events.breakers import BreakerChanged
from events.config import ConfigChanged
from events.health import TargetVerdictChanged, Verdict

E = TypeVar("E", bound=Event)


def by_key(
    findings: Findings, records: Sequence[Written[E]], order: Callable[[E], Any], *, strictly: bool
) -> Mapping[str, Sequence[E]]:
    """The events of each key, each once; noted where `order` does not rise, or where a repetition broke the order.

    An event that comes again may do so only as a part of what was published again: the last event of a key is its
    newest one, or a compacted topic would keep an older one for good.
    """
    found: defaultdict[str, list[Written[E]]] = defaultdict(list)
    topic = records[0].event.data.type if records else ""
    for record in records:
        found[record.key].append(record)
    keys: dict[str, list[E]] = {}
    repeated = 0
    for key, written in found.items():
        findings.violated(f"{topic}: one key in several partitions", [key] * (len({w.partition for w in written}) > 1))
        once: dict[Hashable, Written[E]] = {}
        for one in written:
            repeated += (one.event.source, one.event.id) in once
            once.setdefault((one.event.source, one.event.id), one)
        events = [one.event.data for one in once.values()]
        values = [order(event) for event in events]
        pairs = itertools.pairwise(values)
        wrong = [pair for pair in pairs if pair[0] > pair[1] or (strictly and pair[0] == pair[1])]
        findings.violated(f"{topic}: out of order", [f"{key}: {pair}" for pair in wrong])
        if order(written[-1].event.data) != values[-1]:
            findings.violated(f"{topic}: the last event is not the newest", [key])
        keys[key] = events
    findings.figures[f"{topic}: records, keys, come again"] = (len(records), len(keys), repeated)
    return keys


def check_config(
    findings: Findings, records: Sequence[Written[ConfigChanged]], audit: Sequence[tuple[Any, ...]], changes: Changes
) -> None:
    """Versions rise; what is told is what was done, by the audit trail of (version, resource, action), each once."""
    by_key(findings, records, lambda change: change.version, strictly=True)
    told = Counter({(c.version, c.resource, c.action.value) for c in (one.event.data for one in records)})
    done = Counter(audit)
    findings.violated("config: done and not told once", sorted((done - told).elements()))
    findings.violated("config: told and not done once", sorted((told - done).elements()))
    times = Counter((resource, action) for _, resource, action in audit)
    findings.violated("config: confirmed and not done once", [c for c in changes.confirmed if times[c] != 1])
    findings.violated("config: done more than once", [c for c in changes.unsure if times[c] > 1])
    findings.figures["config changes confirmed, unsure"] = (len(changes.confirmed), len(changes.unsure))


def check_breakers(findings: Findings, records: Sequence[Written[BreakerChanged]]) -> None:
    """Transitions of a target come in the order in which they happened."""
    by_key(findings, records, lambda change: change.since, strictly=False)


def check_health(findings: Findings, records: Sequence[Written[TargetVerdictChanged]]) -> Mapping[str, list[Verdict]]:
    """Each verdict follows the one before it; returns those of each target."""
    verdicts: dict[str, list[Verdict]] = {}
    for key, changes in by_key(findings, records, lambda change: change.since, strictly=True).items():
        chain = [Verdict.UNKNOWN, *(change.verdict for change in changes)]
        broken = [c.explanation for before, c in zip(chain, changes, strict=False) if c.previous is not before]
        findings.violated("health: a verdict is missing", [f"{key}: {why}" for why in broken])
        verdicts[changes[0].target] = chain[1:]
    return verdicts


def check_alerts(
    findings: Findings, records: Sequence[Written[AlertChanged]], verdicts: Mapping[str, Sequence[Verdict]]
) -> list[tuple[str, str]]:
    """Each alert is opened once and resolved once, as the verdicts ask for; returns what there is to notify."""
    alerts = by_key(findings, records, lambda change: change.changed_at, strictly=False)
    told: defaultdict[str, list[AlertChanged]] = defaultdict(list)
    for key, changes in alerts.items():
        states = [change.state for change in changes]
        if states not in ([AlertState.OPEN], [AlertState.OPEN, AlertState.RESOLVED]):
            findings.violated("alerts: not opened and resolved once", [f"{key}: {states}"])
        told[changes[0].subject] += changes
    for target, chain in verdicts.items():
        opened = [change for change in told.pop(target, []) if change.state is AlertState.OPEN]
        kinds = [change.kind for change in sorted(opened, key=lambda change: change.opened_at)]
        if kinds != _expected(chain):
            findings.violated("alerts: not what the verdicts ask for", [f"{target}: {kinds} of {chain}"])
    findings.violated("alerts: without a verdict", list(told))
    findings.figures["alerts"] = len(alerts)
    return [(change.alert_id, change.state.value) for changes in alerts.values() for change in changes]


def _expected(chain: Sequence[Verdict]) -> list[str]:
    """The alerts that a target's verdicts open."""
    kinds = {Verdict.DOWN: "target_down", Verdict.DEGRADED: "target_degraded"}
    known = [Verdict.HEALTHY, *(verdict for verdict in chain if verdict is not Verdict.UNKNOWN)]
    return [kinds[new] for old, new in itertools.pairwise(known) if new in kinds and new is not old]


def check_notifications(
    findings: Findings, received: Sequence[tuple[str, str, str]], changes: Sequence[tuple[str, str]], kills: int
) -> None:
    """The receiver hears of each change in one notification; `received`: its id, the alert's id, the alert's state.

    It comes again, under its id, only where alerts was killed between a try and the note of it.
    """
    ids: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for notification, alert, state in received:
        ids[alert, state].append(notification)
    findings.violated("notifications: missing", [change for change in changes if change not in ids])
    findings.violated("notifications: of nothing", [change for change in ids if change not in set(changes)])
    findings.violated("notifications: two of one change", [c for c, names in ids.items() if len(set(names)) > 1])
    again = sum(len(names) - len(set(names)) for names in ids.values())
    findings.figures["notifications, come again"] = (len(received), again)
    if again > kills:
        findings.violated("notifications: came again more often than alerts was killed", [again])
