"""Connections to one host, made to the very addresses that were found and checked: no name is resolved after that."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from weakref import finalize

from chassis.addresses import AddressPolicy
from resilience.clock import Clock
from services.providers.adapters.http.pool import Pool

FRESH = 30.0
"""Seconds for which a host's addresses are not looked up again; calls never wait for that."""
SETTLED = 300.0
"""Seconds after which new addresses are used though some of the old ones are still right. Many hosts name a few of
their addresses at a time, and each change costs the connections that are open."""
PAUSE = 1.0
"""Seconds between two lookups of a host that cannot be called."""

Make = Callable[[Sequence[str]], Pool]
"""Makes a pool whose connections lead to these addresses alone; where there are none, to what is asked for as it is."""
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
    """`let_go`: has the pool closed, as soon as it is called or nobody holds the line any more."""

    pool: Pool
    addresses: frozenset[str]
    since: float
    let_go: Callable[[], object]


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
        self._problem = NotCalledError("it was not looked up", refused=False)
        self._next_lookup = -math.inf
        self._lookup: asyncio.Task[None] | None = None

    def ready(self) -> Pool | None:
        """What to call over now; None where no address is known yet."""
        if self._lookups.clock.monotonic() >= self._next_lookup and self._lookup is None:
            self._lookup = self._lookups.run(self._look_up())
        return None if self._pinned is None else self._pinned.pool

    async def found(self) -> Pool:
        """What to call over, once an address is known. Raises NotCalledError."""
        if (pool := self.ready()) is not None:
            return pool
        if self._lookup is not None:
            # A call that ends does not end the lookup for those that wait with it.
            await asyncio.shield(self._lookup)
        if self._pinned is not None:
            return self._pinned.pool
        raise NotCalledError(self._problem.why, refused=self._problem.refused)

    def unreachable(self) -> None:
        """A call could not connect: its host may be elsewhere by now."""
        if self._host:
            self._next_lookup = min(self._next_lookup, self._lookups.clock.monotonic() + PAUSE)

    async def _look_up(self) -> None:
        clock = self._lookups.clock
        try:
            self._use(await self._checked() if self._host else ())
            self._next_lookup = clock.monotonic() + FRESH if self._host else math.inf
        except NotCalledError as problem:
            # Another one than was raised, which holds those who raised it.
            self._problem = NotCalledError(problem.why, refused=problem.refused)
            self._next_lookup = clock.monotonic() + PAUSE
            if problem.refused:
                # Whoever was led elsewhere before is led no further: connections that are open are of no more use.
                self._let_go()
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
        self._let_go()
        pool = self._make(tuple(found))
        let_go = finalize(self, _close, asyncio.get_running_loop(), pool)
        let_go.atexit = False
        self._pinned = _Pinned(pool, addresses, now, let_go)

    def _let_go(self) -> None:
        if self._pinned is not None:
            self._pinned.let_go()
            self._pinned = None


def _close(loop: asyncio.AbstractEventLoop, pool: Pool) -> None:
    """Whichever thread it is that collects what nobody holds."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(pool.close)
