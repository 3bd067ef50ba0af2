"""Which of the due deliveries may be sent now, so that a receiver that hangs holds up nobody but itself."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.alerts.domain.delivery import Delivery
from services.alerts.domain.receiver import Receiver

LANE = 4
"""Tries to one receiver at a time."""
FAILING_LANE = 1
"""The same where its last try failed: it gets to show that it is back, no more."""

Key = tuple[str, str]
"""Organization and receiver."""


@dataclass
class Lanes:
    """What is under way to whom. `width`: tries at a time, over all receivers, half of them at most to failing ones."""

    width: int
    _by_receiver: Counter[Key] = field(default_factory=Counter)
    _failing: int = 0

    @property
    def free(self) -> int:
        """How many more may be sent at all."""
        return self.width - self._by_receiver.total()

    @property
    def full(self) -> frozenset[Key]:
        """Receivers that take no more, however well they do."""
        return frozenset(key for key, count in self._by_receiver.items() if count >= LANE)

    def choose(self, due: Iterable[tuple[Delivery, Receiver]]) -> Sequence[tuple[Delivery, Receiver]]:
        """Those of `due`, in its order, that there is room for."""
        trial = Lanes(self.width, Counter(self._by_receiver), self._failing)
        chosen = []
        for delivery, receiver in due:
            if trial._has_room(receiver):
                trial.enter(receiver)
                chosen.append((delivery, receiver))
        return chosen

    def enter(self, receiver: Receiver) -> None:
        """A try to `receiver`, as it is here, begins."""
        self._by_receiver[_key(receiver)] += 1
        self._failing += _is_failing(receiver)

    def leave(self, receiver: Receiver) -> None:
        """A try to `receiver`, as it was given to `enter`, is over."""
        self._by_receiver[_key(receiver)] -= 1
        self._by_receiver += Counter()
        self._failing -= _is_failing(receiver)

    def _has_room(self, receiver: Receiver) -> bool:
        if self.free <= 0:
            return False
        taken = self._by_receiver[_key(receiver)]
        if not _is_failing(receiver):
            return taken < LANE
        return taken < FAILING_LANE and self._failing < max(1, self.width // 2)


def _key(receiver: Receiver) -> Key:
    return receiver.organization, receiver.id


def _is_failing(receiver: Receiver) -> bool:
    return receiver.failing_since is not None
