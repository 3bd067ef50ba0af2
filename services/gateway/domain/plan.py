"""One request's ordered targets, each with the reason why it stands where it does."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.gateway.domain.route import Policy, Route, Target

PROBE_INTERVAL = 1.0
"""Seconds between requests that ask a target first although monitor calls it down, to see whether it is back."""


@dataclass(frozen=True, slots=True)
class Step:
    """A target's place in the plan."""

    target: Target
    explanation: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Targets in the order of asking."""

    steps: tuple[Step, ...]
    policy: Policy


class DownTargets:
    """Which targets monitor calls down, and when each was last probed."""

    def __init__(self) -> None:
        self._explanations: dict[tuple[str, str], str] = {}
        self._probed: dict[tuple[str, str], float] = {}

    def put(self, organization: str, target: str, explanation: str) -> None:
        """Take `target` for down."""
        self._explanations[organization, target] = explanation

    def remove(self, organization: str, target: str) -> None:
        """Take `target` for up."""
        self._explanations.pop((organization, target), None)
        self._probed.pop((organization, target), None)

    def of(self, organization: str, route: Route) -> Mapping[str, str]:
        """Target name → why it is down, for the targets of `route`."""
        if not self._explanations:
            return {}
        return {
            target.name: why
            for target in route.targets
            if (why := self._explanations.get((organization, target.name))) is not None
        }

    def probe(self, organization: str, target: str, now: float) -> bool:
        """Whether this request is the one to ask a target that is down; it counts as asked."""
        last = self._probed.get((organization, target))
        if last is not None and now - last < PROBE_INTERVAL:
            return False
        self._probed[organization, target] = now
        return True


def order(organization: str, route: Route, down: DownTargets, now: float) -> Plan:
    """The route's targets as written, those that are down last, but for one probe per PROBE_INTERVAL."""
    causes = down.of(organization, route)
    first: list[Step] = []
    last: list[Step] = []
    for index, target in enumerate(route.targets, start=1):
        cause = causes.get(target.name)
        if cause is None:
            first.append(Step(target, f"target {index} of the route"))
        elif not first and down.probe(organization, target.name, now):
            first.append(Step(target, f"target {index} of the route; down, asked to see whether it is back: {cause}"))
        else:
            last.append(Step(target, f"target {index} of the route; asked last, for it is down: {cause}"))
    return Plan((*first, *last), route.policy)
