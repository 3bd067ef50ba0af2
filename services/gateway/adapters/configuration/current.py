"""The configuration in force."""

from seawall.config.v1 import resources_pb2 as pb
from services.gateway.adapters.configuration.snapshot import read
from services.gateway.adapters.configuration.words import Words
from services.gateway.domain.configuration import Configuration


class CurrentConfiguration:
    """Holds the configuration in force; called, it gives it."""

    def __init__(self) -> None:
        self._current = Configuration()
        self._words = Words()

    def __call__(self) -> Configuration:
        """What a request that begins now runs on, to its end."""
        return self._current

    def apply(self, snapshot: pb.Snapshot) -> None:
        """Replace it."""
        self._current = read(snapshot, self._words)
