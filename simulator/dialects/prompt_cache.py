"""What a vendor has cached of prompts: up to each mark, until it was not read for its time to live.

As https://platform.claude.com/docs/en/build-with-claude/prompt-caching has it, but for the shortest length that is
cached there: here a prompt of any length is.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simulator.answers import CHARACTERS_PER_TOKEN, TOKENS_PER_IMAGE, TOKENS_PER_MESSAGE, TOKENS_PER_PROMPT

SECONDS = {"5m": 300.0, "1h": 3600.0}
MAX_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Billed:
    """How the tokens of a prompt are counted: `fresh` ones were neither read from the cache nor written to it."""

    fresh: int
    read: int = 0
    written_5m: int = 0
    written_1h: int = 0

    @property
    def written(self) -> int:
        """All that were written."""
        return self.written_5m + self.written_1h


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a prompt: all that makes it what it is, how long its text is, and how many images it has.

    `ttl` is how long the prompt up to its end is to be kept; None where it is not.
    """

    content: bytes
    characters: int = 0
    images: int = 0
    ttl: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The end of a piece: what the prompt is up to there, its tokens, and how long that is to be kept, if it is."""

    digest: bytes
    tokens: int
    ttl: str | None


def places(model: str, sections: Iterable[tuple[str, Iterable[Piece]]]) -> list[Place]:
    """Return the ends of all pieces of a prompt for a model; a section, such as a message, has a role."""
    digest = hashlib.blake2b(model.encode(), digest_size=16)
    tokens = TOKENS_PER_PROMPT
    found: list[Place] = []
    for role, pieces in sections:
        tokens += TOKENS_PER_MESSAGE
        digest.update(b"\0%b\0" % role.encode())
        characters = images = 0
        for piece in pieces:
            characters += piece.characters
            images += piece.images
            digest.update(piece.content)
            reached = tokens - (-characters // CHARACTERS_PER_TOKEN) + images * TOKENS_PER_IMAGE
            found.append(Place(digest.copy().digest(), reached, piece.ttl))
        tokens = tokens - (-characters // CHARACTERS_PER_TOKEN) + images * TOKENS_PER_IMAGE
    return found


class PromptCache:
    """One vendor's cache; the oldest entries are forgotten where there are too many."""

    def __init__(self) -> None:
        self._until: OrderedDict[bytes, tuple[float, str]] = OrderedDict()

    def bill(self, ends: Sequence[Place], tokens: int, now: float) -> Billed:
        """Read what is cached of a prompt of so many tokens, and write what it marks; `now` in seconds."""
        marked = [index for index, place in enumerate(ends) if place.ttl is not None]
        if not marked:
            return Billed(tokens)
        read, begin = 0, 0
        for index in range(marked[-1], -1, -1):
            until, ttl = self._until.get(ends[index].digest, (0.0, ""))
            if until > now:
                read, begin = ends[index].tokens, index + 1
                self._keep(ends[index].digest, ttl, now)
                break
        written = {"5m": 0, "1h": 0}
        reached = read
        for index in marked:
            place = ends[index]
            if index >= begin and place.ttl is not None:
                written[place.ttl] += place.tokens - reached
                reached = place.tokens
                self._keep(place.digest, place.ttl, now)
        return Billed(tokens - reached, read, written["5m"], written["1h"])

    def _keep(self, digest: bytes, ttl: str, now: float) -> None:
        self._until[digest] = (now + SECONDS[ttl], ttl)
        self._until.move_to_end(digest)
        if len(self._until) > MAX_ENTRIES:
            self._until.popitem(last=False)
