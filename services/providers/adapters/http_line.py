"""Connections to one host, made to the very addresses that were found and checked: no name is resolved after that."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from pyqwest import HTTPTransport

from chassis.addresses import AddressPolicy
from resilience.clock import Clock

FRESH = 30.0
"""Seconds for which a host's addresses are not looked up again; calls never wait for that."""
SETTLED = 300.0
"""Seconds after which new addresses are used though some of the old ones are still right. Many hosts name a few of
their addresses at a time, and each change costs the connections that are open."""
PAUSE = 1.0
"""Seconds between two lookups of a host that cannot be called."""

Make = Callable[[Mapping[str, Sequence[str]]], HTTPTransport]
"""Makes a transport that connects to each of these hosts at its addresses alone. Raises ValueError or RuntimeError."""
Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""Gives a host's addresses, the best first. Raises OSError where there are none."""


class NotCalledError(Exception):
    """A host cannot be called; `why` says so in a few words that hold no secret.

    `refused`: by what is configured, so that nothing but another configuration helps.
    """

    def __init__(self, why: str, *, refused: bool) -> None:
        super().__init__(why)
        self.why = why
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Lookups:
    """What every line finds its host with. `within`: seconds for one lookup. `run` owns a task."""

    resolve: Resolve
    policy: AddressPolicy
    clock: Clock
    within: float
    run: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


@dataclass(frozen=True, slots=True)
class _Pinned:
    transport: HTTPTransport
    addresses: frozenset[str]
    since: float


class Line:
    """The way to `host`, which `whose` tells from others; to what has no name to ask for where it is empty.

    Its connections are closed when nobody holds it any more, nor a call of it.
    """

    def __init__(self, host: str, make: Make, lookups: Lookups, whose: str) -> None:
        self._host = host
        self._whose = whose
        self._make = make
        self._lookups = lookups
        self._pinned: _Pinned | None = None
        self._problem: NotCalledError | None = None
        self._next_lookup = -math.inf
        self._lookup: asyncio.Task[None] | None = None

    async def transport(self) -> HTTPTransport:
        """What to call over now; waits only where no address is known yet. Raises NotCalledError."""
        if self._lookups.clock.monotonic() >= self._next_lookup and self._lookup is None:
            self._lookup = self._lookups.run(self._look_up())
        if self._pinned is None and self._lookup is not None:
            # A call that ends does not end the lookup for those that wait with it.
            await asyncio.shield(self._lookup)
        if self._pinned is not None:
            return self._pinned.transport
        assert self._problem is not None  # noqa: S101 - a lookup ends with the one or the other
        raise NotCalledError(self._problem.why, refused=self._problem.refused)

    def unreachable(self) -> None:
        """A call could not connect: its host may be elsewhere by now."""
        if self._host:
            self._next_lookup = min(self._next_lookup, self._lookups.clock.monotonic() + PAUSE)

    async def aclose(self) -> None:
        """Close all connections now."""
        if self._pinned is not None:
            await self._pinned.transport.aclose()

    async def _look_up(self) -> None:
        clock = self._lookups.clock
        try:
            self._use(await self._checked() if self._host else ())
            self._next_lookup = clock.monotonic() + FRESH if self._host else math.inf
        except NotCalledError as problem:
            self._problem = problem
            self._next_lookup = clock.monotonic() + PAUSE
            if problem.refused:
                # Whoever was led elsewhere before is led no further: connections that are open are of no more use.
                self._pinned = None
        finally:
            self._lookup = None

    async def _checked(self) -> Sequence[str]:
        """The host's addresses, all of which may be called."""
        try:
            async with asyncio.timeout(self._lookups.within):
                found = await self._lookups.resolve(self._host)
        except (TimeoutError, OSError, UnicodeError):
            raise NotCalledError(f"{self._whose} could not be resolved", refused=False) from None
        for address in found:
            if refusal := self._lookups.policy.refusal(ip_address(address)):
                raise NotCalledError(f"{self._host} leads to {refusal}, which is not allowed", refused=True)
        return found

    def _use(self, found: Sequence[str]) -> None:
        now, addresses = self._lookups.clock.monotonic(), frozenset(found)
        if self._pinned is not None:
            settled = now - self._pinned.since < SETTLED and not addresses.isdisjoint(self._pinned.addresses)
            if settled or addresses == self._pinned.addresses:
                return
        try:
            transport = self._make({self._host: tuple(found)} if found else {})
        except (ValueError, RuntimeError):
            raise NotCalledError("its connections cannot be made as they are described", refused=True) from None
        self._pinned = _Pinned(transport, addresses, now)
