"""Rate limits that all gateways keep together in Redis, each spending leases of them in its own memory."""

import asyncio
import itertools
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

from chassis.tasks import Background
from resilience.clock import Clock
from resilience.limiter.gcra import Decision, Limit
from resilience.limiter.lease import LIFE, Lease
from services.gateway.adapters.limit_script import LimitScript
from services.gateway.adapters.memory_limiter import MemoryLimiter
from services.gateway.adapters.redis_link import RedisAwayError, RedisLink

GIVE_BACK = 1.0
"""Seconds in which leases are given back at the end; the rest lapses."""


class RedisLimiter:
    """A RateLimiter whose counts live in Redis; an async context manager, whose `run` is a background task.

    A subject in demand is decided about in memory, from a lease that is renewed beside the requests. Otherwise one
    round trip asks for all requests of the subject that wait. What was not spent is given back within a second.

    While Redis is away, each gateway keeps to an equal part of every limit by itself: `limit / expected_gateways`, so
    that all of them together keep to the whole, as long as there are no more than expected. Those that change over have
    a fresh burst each. What was decided locally is not counted in Redis afterwards. `time`: see LimitScript.
    """

    def __init__(
        self,
        link: RedisLink,
        clock: Clock,
        background: Background,
        *,
        expected_gateways: int = 1,
        time: Callable[[], float] | None = None,
    ) -> None:
        self._link = link
        self._clock = clock
        self._background = background
        self._gateways = expected_gateways
        self._script = LimitScript(link.redis, time=time)
        self._local = MemoryLimiter(clock, gateways=expected_gateways)
        self._names = (f"{uuid.uuid4().hex[:12]}.{number}" for number in itertools.count())
        self._accounts: dict[str, _Account] = {}

    async def acquire(self, subject: str, requests_per_minute: int) -> Decision:
        """See RateLimiter."""
        account = self._accounts.get(subject)
        if account is None or account.lease.limit.requests_per_minute != requests_per_minute:
            account = self._open(subject, requests_per_minute)
        decision = account.lease.spend(self._clock.monotonic())
        if decision is None:
            if self._link.up:
                decision = await self._ask(account)
            return decision or await self._local.acquire(subject, requests_per_minute)
        if account.lease.low and account.renewal is None:
            self._renew(account)
        return decision

    async def run(self) -> None:
        """Look after leases that nobody asks for any more, until cancelled."""
        while True:
            await self._clock.sleep(LIFE / 2)
            for subject, account in list(self._accounts.items()):
                if account.renewal is None and account.lease.idle(self._clock.monotonic()):
                    if account.lease.permits:
                        await asyncio.wait([self._renew(account)])
                    else:
                        del self._accounts[subject]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(GIVE_BACK):
                for account in list(self._accounts.values()):
                    if account.renewal is not None:
                        await asyncio.wait([account.renewal])
                    if account.lease.permits:
                        await self._exchange(account, last=True)

    def _open(self, subject: str, requests_per_minute: int) -> "_Account":
        lease = Lease(next(self._names), Limit.per_minute(requests_per_minute), gateways=self._gateways)
        account = self._accounts[subject] = _Account(subject, lease)
        return account

    async def _ask(self, account: "_Account") -> Decision | None:
        """What Redis says of one request more; None where it says nothing."""
        waiter: asyncio.Future[Decision | None] = asyncio.get_running_loop().create_future()
        account.waiters.append(waiter)
        if account.renewal is None:
            self._renew(account)
        return await waiter

    def _renew(self, account: "_Account") -> asyncio.Task[None]:
        account.renewal = self._background.start("limits", partial(self._serve, account))
        return account.renewal

    async def _serve(self, account: "_Account") -> None:
        """Ask Redis, and again while requests wait that came meanwhile and that the lease cannot answer."""
        try:
            await self._exchange(account)
            while account.unanswered(self._clock.monotonic()):
                await self._exchange(account)
        finally:
            account.renewal = None

    async def _exchange(self, account: "_Account", *, last: bool = False) -> None:
        lease, waiters, account.waiters = account.lease, account.waiters, []
        ask = lease.ask(self._clock.monotonic(), len(waiters), last=last)
        try:
            answer = await self._link.ask(partial(self._script, account.subject, lease.name, lease.limit, ask))
        except RedisAwayError:
            lease.void(next(self._names))
        else:
            now = self._clock.monotonic()
            lease.told(ask, answer, now)
            for waiter in waiters[: answer.passed]:
                _tell(waiter, lease.passed(now))
            for waiter in waiters[answer.passed :]:
                _tell(waiter, lease.spend(now) or lease.refused(now))
        finally:
            for waiter in waiters:
                _tell(waiter, None)


class _Account:
    """One subject: its lease, the requests that wait for Redis, and the task that asks it, while there is one."""

    __slots__ = ("lease", "renewal", "subject", "waiters")

    def __init__(self, subject: str, lease: Lease) -> None:
        self.subject = subject
        self.lease = lease
        self.waiters: list[asyncio.Future[Decision | None]] = []
        self.renewal: asyncio.Task[None] | None = None

    def unanswered(self, now: float) -> bool:
        """Whether requests wait that the lease cannot answer; others are answered."""
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            decision = self.lease.spend(now)
            if decision is None:
                self.waiters.append(waiter)
            else:
                _tell(waiter, decision)
        return bool(self.waiters)


def _tell(waiter: "asyncio.Future[Decision | None]", decision: Decision | None) -> None:
    if not waiter.done():  # its caller may have gone
        waiter.set_result(decision)
