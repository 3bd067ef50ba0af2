"""The stage: one answer, by as many attempts as it takes and the budgets allow."""

import random
from collections.abc import Coroutine, Sequence
from typing import Any

from msgspec.structs import replace

from events.requests import Cause
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from resilience.hedge import race
from resilience.retry import Recovery, recovery_from
from services.gateway.application.answer import Answer, Frames, begun
from services.gateway.application.attempt.leg import Leg
from services.gateway.application.attempt.pursuit import Pursuit, Try
from services.gateway.application.exchange import Exchange
from services.gateway.application.ports import Frame, Hop
from services.gateway.domain.continued import Said
from services.gateway.domain.dialect import Rest
from services.gateway.domain.plan import Step
from services.gateway.domain.route import Continuation
from services.gateway.domain.targets import Targets


class AttemptTargets:
    """The stage."""

    def __init__(self, hop: Hop, targets: Targets, clock: Clock, rng: random.Random) -> None:
        self._hop = hop
        self._targets = targets
        self._clock = clock
        self._rng = rng

    async def __call__(self, exchange: Exchange, steps: Sequence[Step], cause: Cause = Cause.FIRST) -> Answer:
        """The first answer that begins; where it breaks off, what another says in its continuation.

        Raises the Failure that says most where none begins; so does the answer where it breaks off and none can go on.
        """
        leg = await self._first_to_answer(exchange, self._pursuit(exchange, steps, cause))
        exchange.answering = leg.attempt
        if exchange.stream:
            exchange.first_token = self._clock.monotonic() - exchange.started
            return await begun(self._frames(exchange, leg))
        try:
            return Answer(await leg.next())
        finally:
            leg.close()

    async def _frames(self, exchange: Exchange, leg: Leg) -> Frames:
        said = Said()
        go_on = exchange.dialect.rest
        rest: Rest | None = None
        while True:
            try:
                while not leg.ended:
                    frame = await leg.next()
                    for passed in (frame,) if rest is None else _as_rest(frame, rest):
                        said.note(passed.data, passed.text)
                        yield passed
            except Failure as failure:
                broken = failure
            else:
                return
            finally:
                leg.close()
            if go_on is None:
                raise broken
            said.broke_off(leg.attempt.usage)
            leg = await self._another_to_go_on(exchange, said, broken)
            exchange.answering = leg.attempt
            exchange.continued_at = len(said.text)
            rest = go_on(said, leg.target.name)

    async def _first_to_answer(self, exchange: Exchange, pursuit: Pursuit, prefix: str = "") -> Leg:
        """Ask one target after another until an answer begins. Raises what the pursuit does."""
        while True:
            tried = await pursuit.next()
            after = pursuit.spare_after(tried) if exchange.policy.hedge and tried.cause is Cause.FIRST else None
            try:
                if after is None:
                    return await _open(Leg(exchange, tried, self._hop, self._clock, prefix=prefix), tried, pursuit)
                return await self._first_of_two(exchange, tried, after, pursuit)
            except Failure:
                continue  # the pursuit was told, and knows what to do next

    async def _first_of_two(self, exchange: Exchange, tried: Try, after: float, pursuit: Pursuit) -> Leg:
        """Ask the target, and a spare beside it where it has not answered `after` so long."""
        legs: list[Leg] = []

        def ask(what: Try) -> Coroutine[Any, Any, Leg]:
            legs.append(Leg(exchange, what, self._hop, self._clock))
            return _open(legs[-1], what, pursuit)

        def ask_spare() -> Coroutine[Any, Any, Leg] | None:
            spare = pursuit.spare(tried)
            return None if spare is None else ask(spare)

        winner = None
        try:
            winner = await race(ask(tried), ask_spare, after=after, clock=self._clock)
            return winner
        finally:
            # A loser that was cancelled before it ran could not do so itself.
            for leg in legs:
                if leg is not winner:
                    leg.close()

    async def _another_to_go_on(self, exchange: Exchange, said: Said, failure: Failure) -> Leg:
        """Have another target go on with an answer that broke off. Raises `failure` where none can, or may."""
        steps = exchange.plan.steps if exchange.plan is not None else ()
        able = [step for step in steps if step.target.capabilities.prefill and not step.state.refuses_prefill]
        # Those that were asked already come last: they are the most likely to break it off again.
        tried = [attempt.target.name for attempt in exchange.attempts]
        able.sort(key=lambda step: tried.count(step.target.name))
        if not able or not _may_continue(exchange, said, failure):
            raise failure
        pursuit = self._pursuit(exchange, able, Cause.CONTINUATION, failure)
        return await self._first_to_answer(exchange, pursuit, said.text)

    def _pursuit(
        self, exchange: Exchange, steps: Sequence[Step], cause: Cause, original: Failure | None = None
    ) -> Pursuit:
        return Pursuit(exchange, steps, self._targets, self._clock, self._rng, cause=cause, original=original)


async def _open(leg: Leg, tried: Try, pursuit: Pursuit) -> Leg:
    """The leg, once its answer began. Raises its Failure, of which the pursuit is told."""
    try:
        await leg.open()
    except Failure as failure:
        pursuit.failed(tried, failure)
        raise
    return leg


def _may_continue(exchange: Exchange, said: Said, failure: Failure) -> bool:
    """Whether the route wants a broken answer continued, and this one can be."""
    policy, chat = exchange.policy.continuation, exchange.chat
    if not exchange.stream or not said.parts or failure.reason is Reason.DEADLINE_EXCEEDED:
        return False
    if recovery_from(failure.reason) in {Recovery.STOP, Recovery.ELSEWHERE}:
        return False
    return policy is Continuation.CONTINUE or (policy is Continuation.AUTO and chat.plain)


def _as_rest(frame: Frame, rest: Rest) -> list[Frame]:
    """The frames to pass on; what the frame tells beside its data comes with the last."""
    usage = rest.usage(frame.usage) if frame.usage is not None else None
    *earlier, (data, text) = (rest.pieces(frame.data, frame.text) if frame.data else ()) or ((b"", ""),)
    return [*(Frame(*piece) for piece in earlier), replace(frame, data=data, text=text, usage=usage)]
