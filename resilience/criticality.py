"""How much a request matters: what is shed first when there is more than can be answered."""

from enum import IntEnum


class Criticality(IntEnum):
    """More matters more."""

    SHEDDABLE = 0
    """Nobody waits for it."""
    BATCH = 1
    DEFAULT = 2
    CRITICAL = 3
    """Somebody is harmed if it is not answered."""

    def __init__(self, _value: int) -> None:
        self.label = self._name_.lower()
        """The word for it, as callers and metrics have it."""
