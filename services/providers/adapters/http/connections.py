"""The ways to vendors: which line a provider's calls take, and what all of them share."""

import asyncio
import ssl
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet, WeakValueDictionary

from chassis.addresses import AddressPolicy
from chassis.http_url import HttpUrl
from resilience.clock import Clock, Timer
from services.providers.adapters.http.authorities import Authorities
from services.providers.adapters.http.connect import Connect
from services.providers.adapters.http.environment_proxies import EnvironmentProxies
from services.providers.adapters.http.head import heads
from services.providers.adapters.http.line import Line, Lookups, NotCalledError, Resolve
from services.providers.adapters.http.pool import IDLE, Pool
from services.providers.adapters.http.response import Releasing
from services.providers.adapters.http.vendor_http import PooledHttp, Way

SWEEP = IDLE / 5
"""Seconds between two looks for connections that have waited for too long."""


class PooledConnections:
    """See Connections; an async context manager.

    `max_idle` connections per host are kept for the next call. `connect_timeout`: seconds to find a host, and again for
    TCP and TLS together. Providers with the same proxy and authorities share the connections to a host.
    """

    def __init__(
        self,
        *,
        connect_timeout: float,
        max_idle: int,
        clock: Clock,
        policy: AddressPolicy,
        resolve: Resolve,
        environment: EnvironmentProxies,
    ) -> None:
        self._connect_timeout = connect_timeout
        self._max_idle = max_idle
        self._clock = clock
        self._policy = policy
        self._environment = environment
        self._authorities = Authorities()
        self._lookups = Lookups(resolve, policy, clock, connect_timeout, self._run)
        self._lines: WeakValueDictionary[tuple[HttpUrl, HttpUrl | None, str], Line] = WeakValueDictionary()
        self._pools: WeakSet[Pool] = WeakSet()
        self._tasks: set[asyncio.Task[None]] = set()
        self._releasing = Releasing(clock)
        self._sweeping: Timer | None = None

    def open(self, provider: str, proxy: str, ca: str) -> PooledHttp:
        """See Connections."""
        through = None
        if proxy:
            try:
                through = HttpUrl.read(proxy)
            except ValueError as error:
                raise ValueError(f"its proxy {error}") from None
        try:
            trusted = self._authorities.trusting(ca)
        except ValueError as error:
            raise ValueError(f"its certificate authorities are {error}") from None
        return PooledHttp(provider, partial(self._way, through, ca, trusted), self._clock, self._releasing)

    def _way(self, proxy: HttpUrl | None, ca: str, trusted: ssl.SSLContext, url: HttpUrl) -> Way:
        self._check(url)
        through = proxy
        if proxy is not None:
            self._check(proxy)
            host, whose = proxy.host if proxy.address is None else "", "its proxy's name"
        else:
            through = self._environments(url)
            # What the operator's own proxy may call, and where that is, is for the operator alone to say.
            host, whose = url.host if url.address is None and through is None else "", "its name"
        origin = replace(url, user="")
        key = (origin, through, ca)
        line = self._lines.get(key)
        if line is None:
            make = partial(self._pool, origin, through, trusted)
            line = self._lines[key] = Line(host, make, self._lookups, whose)
        return Way(line, heads(origin, through))

    def _environments(self, url: HttpUrl) -> HttpUrl | None:
        named = self._environment.of(url)
        if not named:
            return None
        try:
            return HttpUrl.read(named if "://" in named else f"http://{named}")
        except ValueError:
            raise NotCalledError("the environment's proxy for it is not usable", refused=True) from None

    def _check(self, url: HttpUrl) -> None:
        if url.address is not None and (refusal := self._policy.refusal(url.address)):
            raise NotCalledError(f"{url.host} is {refusal}, which is not allowed", refused=True)

    def _pool(self, origin: HttpUrl, proxy: HttpUrl | None, trusted: ssl.SSLContext, addresses: Sequence[str]) -> Pool:
        connect = Connect(origin, proxy, addresses, trusted, self._connect_timeout)
        pool = Pool(connect, self._max_idle, self._clock)
        self._pools.add(pool)
        return pool

    def _run(self, lookup: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(lookup, name="lookup")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _sweep(self) -> None:
        for pool in self._pools:
            pool.sweep()
        self._sweeping = self._clock.call_later(SWEEP, self._sweep)

    async def __aenter__(self) -> Self:
        self._sweeping = self._clock.call_later(SWEEP, self._sweep)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._releasing.close()
        for pool in list(self._pools):
            await pool.aclose()
