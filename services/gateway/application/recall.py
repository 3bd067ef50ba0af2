"""recall: an answer that is known already, or being made for somebody else right now."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from events.requests import Cache
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.gateway.application.answer import Answer, Frames, begun, known
from services.gateway.application.answers import AnswerStore, StoredAnswer
from services.gateway.application.exchange import Exchange
from services.gateway.application.flight import Flight, Put, Watch
from services.gateway.application.ports import Frame
from services.gateway.domain.cache_key import cache_key

MAX_SHARED_BYTES = 4 * 1024 * 1024
"""Of an answer's beginning, kept for those who come while it is made; beyond it, nobody may come any more."""

Ask = Callable[[Exchange], Awaitable[Answer]]
"""Has targets answer."""


class Recall:
    """The stage. Where nothing is known it has `ask` find an answer, and keeps that where the route says so."""

    def __init__(self, store: AnswerStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._shared: dict[str, _Shared] = {}

    async def __call__(self, exchange: Exchange, ask: Ask) -> Answer:
        """The answer. Raises what `ask` raises."""
        cache, shares = exchange.policy.cache, exchange.policy.single_flight
        options = exchange.options
        if options.no_store or not (cache.ttl > 0 or shares):
            return await ask(exchange)
        principal, stream = exchange.principal, bool(exchange.stream)
        key = cache_key(
            principal.organization,
            principal.project,
            exchange.dialect,
            exchange.chat,
            stream=stream,
            headers=exchange.headers,
        )
        if key is None:
            return await ask(exchange)
        if cache.ttl > 0:
            exchange.cache_key = key
            if not options.no_cache and (stored := await self._find(exchange, cache.ttl)) is not None:
                exchange.cache = Cache.EXACT
                self._note(exchange)
                return known(stored.frames)
        if shares and not options.no_cache:
            return await begun(self._share(exchange, key, ask))
        return await begun(self._keep(exchange, await ask(exchange)))

    async def stale(self, exchange: Exchange) -> Sequence[Frame] | None:
        """An answer beyond its time that the route still allows, for where no target answers."""
        cache = exchange.policy.cache
        if exchange.options.no_cache or not cache.stale:
            return None
        stored = await self._find(exchange, cache.ttl + cache.stale)
        return None if stored is None else stored.frames

    async def _find(self, exchange: Exchange, oldest: float) -> StoredAnswer | None:
        if exchange.cache_key is None:
            return None
        stored = await self._store.find(exchange.cache_key)
        if stored is None or (age := stored.age(self._clock.now())) > oldest:
            return None
        exchange.age = age
        return stored

    async def _keep(self, exchange: Exchange, answer: Answer) -> Frames:
        """The answer's frames, which are kept where the route caches, before their end is passed on."""
        passed: list[Frame] = []
        async with aclosing(answer), aclosing(answer.frames()) as frames:
            async for frame in frames:
                if exchange.cache_key is not None:
                    passed.append(frame)
                if frame.end and exchange.cache_key is not None and _may_be_kept(exchange, passed):
                    cache = exchange.policy.cache
                    stored = StoredAnswer(tuple(passed), self._clock.now())
                    await self._store.keep(exchange.cache_key, stored, cache.ttl + cache.stale)
                yield frame

    async def _share(self, exchange: Exchange, key: str, ask: Ask) -> Frames:
        """Watch the answer to an identical request, or begin one that others may watch.

        Where the other request fails before anything was passed on, this is done once more: the first of those who
        waited for it then begins, and the others wait for that one.
        """
        for again in (True, False):
            shared = self._under_way(exchange, key)
            follows = shared is not None
            shared = shared or self._begin(exchange, key, ask)
            exchange.cache = Cache.SHARED if follows else None
            passed = False
            try:
                async with shared.flight.watch() as watch:
                    while (frame := await _next(watch, exchange.deadline if follows else None)) is not None:
                        passed = True
                        if follows:
                            self._note(exchange)
                            shared.tell(exchange)
                        yield frame
            except Failure as failure:
                over = self._clock.monotonic() >= exchange.deadline
                if passed or over or not (follows and again and failure.retryable):
                    raise
            else:
                return
            finally:
                if not follows:
                    # Its caller may have left while others watch: the bill is this request's still.
                    await shared.flight.landed()

    def _under_way(self, exchange: Exchange, key: str) -> "_Shared | None":
        """The answer to an identical request, unless that may take less time than this one may."""
        shared = self._shared.get(key)
        if shared is None or not shared.flight.open or shared.allowed < exchange.deadline - exchange.started:
            return None
        return shared

    def _begin(self, exchange: Exchange, key: str, ask: Ask) -> "_Shared":
        async def work(put: Put[Frame]) -> None:
            try:
                async with aclosing(self._keep(exchange, await ask(exchange))) as frames:
                    async for frame in frames:
                        await put(frame)
            finally:
                if self._shared.get(key) is shared:
                    del self._shared[key]

        shared = _Shared(Flight(work, self._clock, size=_size, limit=MAX_SHARED_BYTES), exchange)
        self._shared[key] = shared
        return shared

    def _note(self, exchange: Exchange) -> None:
        if exchange.stream and exchange.first_token is None:
            exchange.first_token = self._clock.monotonic() - exchange.started


@dataclass(frozen=True, slots=True)
class _Shared:
    """An answer under way, and the request that it is made for."""

    flight: Flight[Frame]
    first: Exchange

    @property
    def allowed(self) -> float:
        """Seconds that it may take."""
        return self.first.deadline - self.first.started

    def tell(self, exchange: Exchange) -> None:
        """Say of the answer what is known of it so far."""
        exchange.answering = self.first.answering
        exchange.continued_at = self.first.continued_at
        exchange.degraded = self.first.degraded
        exchange.estimated = self.first.estimated
        exchange.age = self.first.age


async def _next(watch: Watch[Frame], until: float | None) -> Frame | None:
    try:
        return await watch.next(until)
    except TimeoutError:
        raise Failure(Reason.DEADLINE_EXCEEDED, "The time allowed for the request is over.", retryable=True) from None


def _size(frame: Frame) -> int:
    return len(frame.data) + len(frame.text)


def _may_be_kept(exchange: Exchange, frames: Sequence[Frame]) -> bool:
    """Whether this is a target's own whole answer."""
    if exchange.cache is not None or exchange.degraded is not None or exchange.continued_at is not None:
        return False
    ends = ((frame.data, frame.finish_reason) for frame in frames if frame.finish_reason)
    return exchange.dialect.may_be_kept(ends, stream=bool(exchange.stream))
