"""What a target's verdict means for its alerts.

| unresolved now | healthy     | degraded                    | down                            | unknown |
| -------------- | ----------- | --------------------------- | ------------------------------- | ------- |
| none           | -           | open degraded               | open down                       | -       |
| degraded       | resolve it  | -                           | resolve it, then open down      | -       |
| down           | resolve it  | resolve it, then open degraded | -                            | -       |

A target that is down is not also degraded, so a target has at most one unresolved alert. From down to degraded the
outage is over and a lesser condition begins: whoever was called for the outage is told so. `unknown` means too few
calls to say, which is no reason to believe anything new.
"""

from collections.abc import Collection

from events.health import TargetVerdictChanged, Verdict
from services.alerts.domain.alert import Alert, Condition, Kind
from services.alerts.domain.rule import Changes, Rule

TARGET_KINDS = (Kind.TARGET_DOWN, Kind.TARGET_DEGRADED)

_KIND_OF = {Verdict.DOWN: Kind.TARGET_DOWN, Verdict.DEGRADED: Kind.TARGET_DEGRADED}


def judge(unresolved: Collection[Alert], verdict: TargetVerdictChanged) -> Changes:
    """The changes that make the target's `unresolved` alerts say what `verdict` says."""
    if verdict.verdict is Verdict.UNKNOWN:
        return Changes()
    wanted = _KIND_OF.get(verdict.verdict)
    ended = tuple(alert for alert in unresolved if alert.kind in TARGET_KINDS and alert.kind is not wanted)
    if wanted is None or any(alert.kind is wanted for alert in unresolved):
        return Changes(resolve=ended)
    condition = Condition(verdict.organization, wanted, verdict.target, summary_of(verdict))
    return Changes(resolve=ended, open=(condition,))


def summary_of(verdict: TargetVerdictChanged) -> str:
    """One sentence for a person."""
    return f"{verdict.target} is {verdict.verdict}: {verdict.explanation}"


def _target(verdict: TargetVerdictChanged) -> str:
    return verdict.target


RULE = Rule(TARGET_KINDS, subject=_target, remembered_as=_target, judge=judge)
"""Monitor's verdicts on targets."""
