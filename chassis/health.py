"""Whether a service lives and whether it can serve; the same answer over HTTP and grpc.health.v1."""

from collections.abc import Callable


class Health:
    """Readiness as a set of named conditions. Liveness has none: a process that answers is alive.

    A service is ready once it was started, while it does not drain, and while each condition holds. A condition is
    for what a replica cannot serve without, and never for a dependency that it was built to do without: taking every
    replica out because a shared dependency is down would make an outage of a hiccup.
    """

    def __init__(self) -> None:
        self._unmet: dict[str, str] = {"start": "starting"}
        self._listeners: list[Callable[[bool], None]] = []

    @property
    def ready(self) -> bool:
        """Whether the service can serve."""
        return not self._unmet

    @property
    def unmet(self) -> dict[str, str]:
        """Condition → why it does not hold."""
        return dict(self._unmet)

    def require(self, condition: str, why: str) -> None:
        """Name a condition that does not hold yet."""
        self._change(lambda: self._unmet.__setitem__(condition, why))

    def met(self, condition: str) -> None:
        """Say that a condition holds."""
        self._change(lambda: self._unmet.pop(condition, None))

    def started(self) -> None:
        """Everything is built."""
        self.met("start")

    def draining(self) -> None:
        """The service is about to stop; it does not become ready again."""
        self.require("drain", "draining")

    def listen(self, listener: Callable[[bool], None]) -> None:
        """Call `listener` with the readiness now and at each change; it must not block or raise."""
        self._listeners.append(listener)
        listener(self.ready)

    def _change(self, change: Callable[[], object]) -> None:
        before = self.ready
        change()
        if self.ready != before:
            for listener in self._listeners:
                listener(self.ready)
