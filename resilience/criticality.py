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

    @property
    def label(self) -> str:
        """The word for it, as callers and metrics have it."""
        return self.name.lower()
