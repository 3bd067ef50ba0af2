"""Where the bytes of a response are cut into pieces that leave one by one, whatever they say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, count, repeat
from random import Random
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Bytes = Annotated[int, Field(ge=1, le=1_000_000)]


class Every(BaseModel):
    """A cut after every so many bytes of the body."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["every"] = "every"
    bytes: Bytes = 1

    def places(self, rng: Random) -> Iterator[int]:  # noqa: ARG002 - draws nothing
        """Yield the places of the cuts, ascending, in bytes of the body."""
        return count(self.bytes, self.bytes)


class Anywhere(BaseModel):
    """Pieces of 1 to `longest` bytes, all lengths equally likely."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["random"] = "random"
    longest: Bytes = 64

    def places(self, rng: Random) -> Iterator[int]:
        """Yield the places of the cuts, ascending, in bytes of the body."""
        # A generator of its own, so that answers that are sent at the same time do not disturb each other's cuts.
        own = Random(rng.getrandbits(64))  # noqa: S311 - draws must be repeatable, and guard nothing
        return accumulate(own.randint(1, longest) for longest in repeat(self.longest))


class At(BaseModel):
    """Cuts at these places, in bytes of the body."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["at"] = "at"
    bytes: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1, max_length=10_000)]

    def places(self, rng: Random) -> Iterator[int]:  # noqa: ARG002 - draws nothing
        """Yield the places of the cuts, ascending, in bytes of the body."""
        return iter(sorted(set(self.bytes)))


Split = Annotated[Every | Anywhere | At, Field(discriminator="kind")]
