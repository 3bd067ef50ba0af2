"""What the vendor has cached of prompts: up to each marked block, until it was not read for its time to live.

As https://platform.claude.com/docs/en/build-with-claude/prompt-caching has it, but for the shortest length that is
cached there: here a prompt of any length is.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from simulator.answers import CHARACTERS_PER_TOKEN, TOKENS_PER_IMAGE, TOKENS_PER_MESSAGE, TOKENS_PER_PROMPT
from simulator.dialects.anthropic.request import MessageRequest

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
class _Place:
    """The end of a block: what the prompt is up to there, its tokens, and how long that is to be kept, if it is."""

    digest: bytes
    tokens: int
    ttl: str | None


class PromptCache:
    """One vendor's cache; the oldest entries are forgotten where there are too many."""

    def __init__(self) -> None:
        self._until: OrderedDict[bytes, tuple[float, str]] = OrderedDict()

    def bill(self, request: MessageRequest, tokens: int, now: float) -> Billed:
        """Read what is cached of a prompt of so many tokens, and write what it marks; `now` in seconds."""
        places = _places(request)
        marked = [index for index, place in enumerate(places) if place.ttl is not None]
        if not marked:
            return Billed(tokens)
        read, begin = 0, 0
        for index in range(marked[-1], -1, -1):
            until, ttl = self._until.get(places[index].digest, (0.0, ""))
            if until > now:
                read, begin = places[index].tokens, index + 1
                self._keep(places[index].digest, ttl, now)
                break
        written = {"5m": 0, "1h": 0}
        reached = read
        for index in marked:
            place = places[index]
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


def _places(request: MessageRequest) -> list[_Place]:
    """Return the ends of all blocks; none where nothing is marked."""
    sections = list(request.sections)
    if request.cache_control is None and not any(part.cache_control for _, parts in sections for part in parts):
        return []
    digest = hashlib.blake2b(request.model.encode(), digest_size=16)
    tokens = TOKENS_PER_PROMPT
    places: list[_Place] = []
    for role, parts in sections:
        tokens += TOKENS_PER_MESSAGE
        digest.update(b"\0%b\0" % role.encode())
        characters = images = 0
        for part in parts:
            characters += len(part.said)
            images += part.images
            digest.update(msgspec.json.encode(msgspec.structs.replace(part, cache_control=None)))
            reached = tokens - (-characters // CHARACTERS_PER_TOKEN) + images * TOKENS_PER_IMAGE
            ttl = part.cache_control.ttl if part.cache_control else None
            places.append(_Place(digest.copy().digest(), reached, ttl))
        tokens = tokens - (-characters // CHARACTERS_PER_TOKEN) + images * TOKENS_PER_IMAGE
    if request.cache_control is not None and places:
        last = places[-1]
        places[-1] = _Place(last.digest, last.tokens, request.cache_control.ttl)
    return places
