"""The tokens that vendors are shown in place of a secret: got once for all calls, and renewed before they expire."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

import structlog

from resilience.clock import Clock
from resilience.errors import Reason
from services.providers.application.ports import Grant, Token, VendorHttp
from services.providers.domain.failure import VendorFailure

log = structlog.stdlib.get_logger("tokens")

EARLY = 300.0
"""Seconds before its end from which a token is renewed; half of its time for one that is given for less than twice
that. Calls use it on meanwhile."""
MARGIN = 10.0
"""Seconds before its end from which a token is not shown any more: a call takes a while to arrive."""
PAUSE = 30.0
"""Seconds from a renewal that failed to the next, while the token before still serves."""
WITHIN = 10.0
"""Seconds in which a token must have been got."""

Got = Token | VendorFailure


@dataclass(frozen=True, slots=True)
class Kept:
    """A token while it serves; both times are of the clock's `monotonic`."""

    value: str = field(repr=False)
    renewed_from: float
    until: float


class Tokens:
    """Makes the sources, and owns what they have under way; an async context manager."""

    def __init__(self, clock: Clock, *, within: float = WITHIN) -> None:
        self._clock = clock
        self._within = within
        self._tasks: set[asyncio.Task[Got]] = set()

    def by(self, grant: Grant, http: VendorHttp) -> "TokenSource":
        """A source of tokens that are got by `grant`, over `http`: the same way as the calls that they are for."""
        return TokenSource(grant, http, self)

    def monotonic(self) -> float:
        """See Clock."""
        return self._clock.monotonic()

    async def get(self, grant: Grant, http: VendorHttp) -> Got:
        """A new token, or why there is none."""
        try:
            async with asyncio.timeout(self._within):
                return await grant(http)
        except TimeoutError:
            return VendorFailure(Reason.VENDOR_UNREACHABLE, why="No token was given in time.")
        except VendorFailure as failure:
            return failure

    def start(self, get: Coroutine[Any, Any, Got]) -> asyncio.Task[Got]:
        """Run it to its end, whoever waits for it."""
        task = asyncio.create_task(get, name="token")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Got]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a token was not got", exc_info=error)  # a fault of ours; those who wait are told too

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class TokenSource:
    """One credential's tokens. However many calls want one, it is asked for once at a time."""

    def __init__(self, grant: Grant, http: VendorHttp, tokens: Tokens) -> None:
        self._grant = grant
        self._http = http
        self._tokens = tokens
        self._kept: Kept | None = None
        self._renewal: asyncio.Task[Got] | None = None

    async def token(self) -> str:
        """One that serves for a while still; waits only where there is none. Raises VendorFailure, see Grant."""
        kept, now = self._kept, self._tokens.monotonic()
        if kept is not None and now < kept.until:
            if now >= kept.renewed_from:
                self._renewing()
            return kept.value
        # A call that ends does not take the token from those that wait with it.
        got = await asyncio.shield(self._renewing())
        if isinstance(got, Token):
            return got.value
        raise VendorFailure(
            got.reason, why=got.message, status=got.status, retry_after=got.retry_after, retryable=got.retryable
        )

    def refused(self, token: str) -> None:
        """The vendor does not take it, whatever time it has left: the next call gets another one."""
        if self._kept is not None and self._kept.value == token:
            self._kept = None

    def _renewing(self) -> asyncio.Task[Got]:
        if self._renewal is None:
            self._renewal = self._tokens.start(self._renew())
        return self._renewal

    async def _renew(self) -> Got:
        asked = self._tokens.monotonic()
        try:
            got = await self._tokens.get(self._grant, self._http)
        finally:
            self._renewal = None
        if isinstance(got, Token):
            early = min(EARLY, got.seconds / 2)
            self._kept = Kept(got.value, asked + got.seconds - early, asked + got.seconds - min(MARGIN, early))
        elif self._kept is not None:
            log.warning("a token could not be renewed", cause=got.message)
            self._kept = replace(self._kept, renewed_from=self._tokens.monotonic() + PAUSE)
        return got
