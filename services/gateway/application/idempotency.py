"""Idempotency keys: the port to where it is known who answers a request, and how it was answered."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer the request of a key; until its lease ends, which is renewed meanwhile."""

    key: str
    fingerprint: bytes
    """Of what is asked, 32 bytes."""
    token: bytes
    """16 bytes that nobody else has."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody else answers the request, or has: then `answer` is what they said."""

    fingerprint: bytes
    answer: bytes | None


class KeyStore(Protocol):
    """Knows of each key for a time. No method raises, none takes more than a second, and each may be called twice."""

    async def claim(self, claim: Claim, lease: float) -> Taken | None:
        """Take the key for `lease` seconds; None: it is taken now, else by whom it was."""
        ...

    async def renew(self, claim: Claim, lease: float) -> None:
        """Hold the key for `lease` seconds from now, unless somebody else has it."""
        ...

    async def finish(self, claim: Claim, answer: bytes, ttl: float) -> None:
        """Keep `answer` for `ttl` seconds, unless somebody else has the key. It may be forgotten earlier."""
        ...

    async def release(self, claim: Claim) -> None:
        """Give the key back, unless somebody else has it."""
        ...
