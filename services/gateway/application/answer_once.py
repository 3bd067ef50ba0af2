"""Requests with an idempotency key: each is answered once, and who asks again gets the same answer, byte for byte."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

import msgspec

from chassis.tasks import end
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.gateway.application.authenticate import Authenticator
from services.gateway.application.flight import Flight, Put, Watch
from services.gateway.application.idempotency import Claim, KeyStore, Taken
from services.gateway.domain.access import check_calls_models

LEASE = 10.0
"""Seconds until a key is free again whose request's gateway has died."""
RENEWAL = 3.0
FIRST_LOOK = 0.05
LAST_LOOK = 0.5
"""Seconds between looks at a key that another gateway has: few at first, then more."""
PATIENCE = 60.0
"""Seconds that one waits for another's answer, where the caller says nothing."""
MAX_ANSWER_BYTES = 8 * 1024 * 1024
"""Of answers that are kept."""
RETRY_AFTER = 1.0

DETERMINISTIC = frozenset(
    {
        Reason.INVALID_REQUEST,
        Reason.NO_CAPABLE_TARGET,
        Reason.UNSUPPORTED_BY_TARGET,
        Reason.VENDOR_REJECTED,
        Reason.CONTEXT_LENGTH_EXCEEDED,
        Reason.CONTENT_FILTERED,
    }
)
"""Refusals that the same request will meet again, and which are therefore its answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer, as bytes of whoever made it."""

    data: bytes
    last: bool = False
    kept: bool = False
    """Of the last part: the answer is what this request is answered with from now on."""


Parts = AsyncGenerator[Part, None]


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request with an idempotency key. The key counts within a project and a path."""

    secret: str | None
    """The caller's own key."""
    key: str
    path: str
    body: bytes
    patience: float | None
    """Seconds to wait for the beginning of another's answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that has begun. `replayed`: it was, or is being, made for somebody else."""

    replayed: bool
    parts: Parts


class AnswerOnce:
    """Answers requests with an idempotency key.

    The first one is answered by its work; those of the same body that come meanwhile get its parts as they come, and
    those that come later what was kept. The work goes on while anybody waits for it in this gateway; when the last one
    leaves it is ended and the key is free, as after a failure that may pass. Then, and when a gateway has died, one of
    those who wait in other gateways does the work.
    """

    def __init__(self, store: KeyStore, authenticator: Authenticator, clock: Clock, *, ttl: float) -> None:
        self._store = store
        self._authenticator = authenticator
        self._clock = clock
        self._ttl = ttl
        self._under_way: dict[tuple[str, bytes], _Work] = {}

    @asynccontextmanager
    async def __call__(self, request: Keyed, answer: Callable[[], Parts]) -> AsyncIterator[Reply]:
        """The answer, once it has begun; `answer` makes it. Leaving the context leaves it to the others.

        Raises Failure(UNAUTHENTICATED, PERMISSION_DENIED, IDEMPOTENCY_KEY_REUSED or IDEMPOTENCY_KEY_IN_FLIGHT), or
        what `answer` raised.
        """
        principal = self._authenticator(request.secret)
        check_calls_models(principal)
        scope = "\0".join((principal.organization, principal.project, request.path, request.key))
        key, fingerprint = hashlib.sha256(scope.encode()).hexdigest(), hashlib.sha256(request.body).digest()
        until = self._clock.monotonic() + (request.patience or PATIENCE)
        work = self._under_way.get((key, fingerprint))
        mine = work is None or not work.flight.open
        if work is None or mine:
            work = self._begin(Claim(key, fingerprint, os.urandom(16)), answer)
        async with work.flight.watch() as watch:
            try:
                first = await watch.next(until)
            except TimeoutError:
                if not (mine and work.answers):
                    raise Failure(
                        Reason.IDEMPOTENCY_KEY_IN_FLIGHT,
                        "The request of this idempotency key is still being answered.",
                        retryable=True,
                        retry_after=RETRY_AFTER,
                    ) from None
                first = await watch.next()  # it waits for its own work, which has a deadline of its own
            yield Reply(not (mine and work.answers), _from(first, watch))

    def _begin(self, claim: Claim, answer: Callable[[], Parts]) -> "_Work":
        place = (claim.key, claim.fingerprint)

        async def run(put: Put[Part]) -> None:
            try:
                await self._answer(work, claim, answer, put)
            finally:
                if self._under_way.get(place) is work:
                    del self._under_way[place]

        work = _Work(Flight(run, self._clock, size=_size, limit=MAX_ANSWER_BYTES))
        self._under_way[place] = work
        return work

    async def _answer(self, work: "_Work", claim: Claim, answer: Callable[[], Parts], put: Put[Part]) -> None:
        known = await self._known(claim)
        if known is not None:
            for part in _decode(known):
                await put(part)
            return
        work.answers = True
        renewing = asyncio.create_task(self._renew(claim), name="idempotency key")
        try:
            await self._make(claim, answer, put)
        except BaseException:
            await self._store.release(claim)
            raise
        finally:
            await end(renewing)

    async def _known(self, claim: Claim) -> bytes | None:
        """What the request was answered with, as soon as that is known; None: the key is ours now."""
        pause = FIRST_LOOK
        while (taken := await self._store.claim(claim, LEASE)) is not None:
            _check_same(claim, taken)
            if taken.answer is not None:
                return taken.answer
            await self._clock.sleep(pause)
            pause = min(2 * pause, LAST_LOOK)
        return None

    async def _make(self, claim: Claim, answer: Callable[[], Parts], put: Put[Part]) -> None:
        """Pass the answer on. What becomes of the key is settled before its last part is seen."""
        parts: list[bytes] = []
        size = 0
        async with aclosing(answer()) as made:
            async for part in made:
                size += len(part.data)
                if size <= MAX_ANSWER_BYTES:
                    parts.append(part.data)
                if part.last:
                    if part.kept and size <= MAX_ANSWER_BYTES:
                        await self._store.finish(claim, _encode(parts), self._ttl)
                    else:
                        await self._store.release(claim)
                await put(part)

    async def _renew(self, claim: Claim) -> None:
        while True:
            await self._clock.sleep(RENEWAL)
            await self._store.renew(claim, LEASE)


@dataclass(slots=True)
class _Work:
    flight: Flight[Part]
    answers: bool = False
    """The key is this gateway's, which makes the answer; else it is another's, or the answer is known."""


def is_final(failure: Failure) -> bool:
    """Whether a request that is made again will fail for the same reason, so that this is its answer."""
    return failure.reason in DETERMINISTIC and not failure.retryable


def _check_same(claim: Claim, taken: Taken) -> None:
    if taken.fingerprint != claim.fingerprint:
        raise Failure(
            Reason.IDEMPOTENCY_KEY_REUSED,
            "The idempotency key came before, with another body.",
            detail={"param": "idempotency-key"},
        )


async def _from(first: Part | None, watch: Watch[Part]) -> Parts:
    part = first
    while part is not None:
        yield part
        part = await watch.next()


def _size(part: Part) -> int:
    return len(part.data)


_decoder = msgspec.msgpack.Decoder(list[bytes])


def _encode(parts: list[bytes]) -> bytes:
    return msgspec.msgpack.encode(parts)


def _decode(kept: bytes) -> list[Part]:
    *parts, last = _decoder.decode(kept)
    return [*(Part(data) for data in parts), Part(last, last=True, kept=True)]
