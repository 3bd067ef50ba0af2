"""What the gateway hears over Kafka: which targets monitor calls down."""

from collections.abc import Sequence

from events.cloudevents import Received
from events.health import TargetVerdictChanged, Verdict
from services.gateway.domain.plan import DownTargets


class VerdictsListener:
    """Consumes `seawall.health.v1` from its start: the topic is compacted, so that is the state of all targets."""

    def __init__(self, down: DownTargets) -> None:
        self._down = down

    async def __call__(self, verdicts: Sequence[Received[TargetVerdictChanged]]) -> None:
        """Take each verdict over."""
        for received in verdicts:
            verdict = received.data
            if verdict.verdict is Verdict.DOWN:
                self._down.put(verdict.organization, verdict.target, verdict.explanation)
            else:
                self._down.remove(verdict.organization, verdict.target)
