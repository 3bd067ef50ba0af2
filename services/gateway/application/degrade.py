"""degrade: what a caller gets where no target of the route answers, from the best to the least."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress

from events.requests import Cache, Cause
from resilience.errors import Failure, Reason
from resilience.retry import Recovery, recovery_from
from services.gateway.application.answer import Answer, known
from services.gateway.application.attempt import AttemptTargets
from services.gateway.application.exchange import Degraded, Exchange
from services.gateway.application.ports import Frame
from services.gateway.domain.dialect import STOP, StaticAnswer
from services.gateway.domain.dialects.anthropic_count_tokens.dialect import counted
from services.gateway.domain.plan import Step
from services.gateway.domain.targets import Targets
from services.gateway.domain.usage import Usage

StaleAnswer = Callable[[Exchange], Awaitable[Sequence[Frame] | None]]
"""The answer that the cache kept beyond its time, where the route allows it."""


class AnswerOrDegrade:
    """The stage around attempt: a stale answer, a smaller model, a text of the operator's; else the clear error."""

    def __init__(self, attempt: AttemptTargets, targets: Targets, stale: StaleAnswer) -> None:
        self._attempt = attempt
        self._targets = targets
        self._stale = stale

    async def __call__(self, exchange: Exchange) -> Answer:
        """The answer. Raises the route's own Failure where there is nothing instead."""
        steps = exchange.plan.steps if exchange.plan is not None else ()
        try:
            return await self._attempt(exchange, steps)
        except Failure as failure:
            if recovery_from(failure.reason) in {Recovery.STOP, Recovery.ELSEWHERE}:
                raise
            refused = failure
        return await (self._estimate if exchange.dialect.name.free else self._instead)(exchange, refused)

    async def _instead(self, exchange: Exchange, failure: Failure) -> Answer:
        stale = await self._stale(exchange)
        if stale is not None:
            exchange.degraded, exchange.cache = Degraded.STALE_ANSWER, Cache.STALE
            return known(stale)
        degradation = exchange.policy.degradation
        if degradation.targets:
            exchange.degraded = Degraded.SMALLER_MODEL
            with suppress(Failure):
                return await self._attempt(exchange, self._smaller(exchange), Cause.DEGRADATION)
        exchange.degraded = None
        frames = list(_static(exchange, degradation.answer))
        if not frames:
            raise failure
        exchange.degraded = Degraded.STATIC_ANSWER
        return known(frames)

    async def _estimate(self, exchange: Exchange, failure: Failure) -> Answer:
        """What the prompt counts at the target that would be asked first, of which chats have told how it counts."""
        if failure.reason is not Reason.UNSUPPORTED_BY_TARGET:
            raise failure
        exchange.estimated = True
        steps = exchange.plan.steps if exchange.plan is not None else ()
        state = self._targets.of(exchange.organization.id, steps[0].target.name)
        return Answer(Frame(data=counted(max(1, state.tokens.prompt(exchange.chat))), usage=Usage(), end=True))

    def _smaller(self, exchange: Exchange) -> list[Step]:
        return [
            Step(target, self._targets.of(exchange.organization.id, target.name), "a smaller model")
            for target in exchange.policy.degradation.targets
        ]


def _static(exchange: Exchange, text: str) -> Iterator[Frame]:
    """The frames of the operator's text; none where there is no text, or it is no answer to what was asked."""
    if not text:
        return
    dialect = exchange.dialect
    answer = StaticAnswer(exchange.id, exchange.chat.model, int(exchange.started_at.timestamp()), text)
    if not exchange.stream:
        whole = dialect.static_whole(answer)
        if whole is not None:
            yield Frame(data=whole, finish_reason=STOP, usage=Usage(), end=True)
        return
    for data, said, reason in dialect.static_stream(answer):
        yield Frame(data=data, text=said, finish_reason=reason)
    yield Frame(end=True)
