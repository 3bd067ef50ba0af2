"""Words of a snapshot, of which a newer config may have written some that this version has no meaning for."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import structlog

log = structlog.stdlib.get_logger("configuration")

W = TypeVar("W", bound=Hashable)
T = TypeVar("T")

MOST = 1000
"""So many unknown words are told; after them none is."""


class Words:
    """Reads words, and remembers which were told, so that the snapshots that follow do not tell them again."""

    def __init__(self) -> None:
        self._told: set[tuple[str, Hashable]] = set()

    def meaning(self, field: str, word: W, read: Callable[[W], T]) -> T | None:
        """What `read` makes of `word`; None where it is empty, or where `read` raises ValueError or KeyError."""
        if not word:
            return None
        try:
            return read(word)
        except (ValueError, KeyError):
            self._tell(field, word)
            return None

    def _tell(self, field: str, word: Hashable) -> None:
        if (field, word) not in self._told and len(self._told) < MOST:
            self._told.add((field, word))
            log.warning("config says what this version does not understand", field=field, word=word)
