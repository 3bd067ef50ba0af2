"""A gateway in memory: real stages, a hop that answers from a script, a journal that is a list."""

import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from opentelemetry import trace

from chassis.principal import Principal, Role
from events.cloudevents import Received, Record, decode
from events.requests import RequestFinished
from events.topics import REQUESTS
from resilience.breaker import Transition
from resilience.clock import VirtualClock
from resilience.errors import Failure, Reason
from resilience.limiter.gcra import Decision
from services.gateway.adapters.memory_answers import MemoryAnswers
from services.gateway.application.admit import Admit
from services.gateway.application.attempt import AttemptTargets
from services.gateway.application.complete_chat import CompleteChat
from services.gateway.application.degrade import AnswerOrDegrade
from services.gateway.application.exchange import Exchange
from services.gateway.application.guard import Guard
from services.gateway.application.plan_request import PlanRequest
from services.gateway.application.ports import Envelope, Frame
from services.gateway.application.recall import Recall
from services.gateway.application.settle import Settle
from services.gateway.application.shadow import Shadow
from services.gateway.domain.configuration import DatedPrice, Organization, Project
from services.gateway.domain.dialect import Dialect
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT
from services.gateway.domain.failure import VendorFailure
from services.gateway.domain.options import Options
from services.gateway.domain.route import Capabilities, Policy, Route, Target
from services.gateway.domain.targets import Targets
from services.gateway.domain.usage import Price, Rates, Usage

ALPHA = Target("alpha", "small")
BETA = Target("beta", "small")
USAGE = Usage(input_tokens=1000, output_tokens=100)

Answer = Sequence[Frame | Failure | float]
"""What one attempt yields, in order; a Failure is raised, a number is so many seconds of silence."""

WHOLE: Answer = [Frame(data=b'{"id":"x"}', finish_reason="stop", usage=USAGE, end=True)]
STREAM: Answer = [
    Frame(data=b'{"delta":""}'),
    Frame(data=b'{"delta":"Hel"}', text="Hel"),
    Frame(data=b'{"delta":"lo"}', text="lo", finish_reason="stop"),
    Frame(usage=USAGE, end=True),
]


def vendor(reason: Reason, status: int | None = None, retry_after: float | None = None) -> VendorFailure:
    return VendorFailure(reason, f"it is {reason}", retryable=True, status=status, retry_after=retry_after)


@dataclass
class ScriptedHop:
    answers: dict[str, list[Answer]]
    clock: VirtualClock
    asked: list[Envelope] = field(default_factory=list)
    closed: int = 0

    async def call(self, envelope: Envelope) -> "ScriptedCall":
        self.asked.append(envelope)
        answers = self.answers[envelope.target.name]
        return ScriptedCall(self, answers.pop(0) if len(answers) > 1 else answers[0])


class ScriptedCall:
    def __init__(self, hop: ScriptedHop, answer: Answer) -> None:
        self._hop = hop
        self._pieces = iter(answer)

    async def next(self) -> Frame:
        for piece in self._pieces:
            if isinstance(piece, Failure):
                raise piece
            if not isinstance(piece, float):
                return piece
            await self._hop.clock.sleep(piece)
        raise AssertionError("the script has no further frame")

    def close(self) -> None:
        self._hop.closed += 1


@dataclass
class ListJournal:
    full: bool = False
    records: list[Record] = field(default_factory=list)

    async def append(self, record: Record) -> None:
        self.records.append(record)

    @property
    def events(self) -> list[Received[RequestFinished]]:
        return [decode(REQUESTS, record.value, record.headers) for record in self.records]


class CountingLimiter:
    def __init__(self) -> None:
        self.taken = 0

    async def acquire(self, subject: str, requests_per_minute: int) -> Decision:
        self.taken += 1
        allowed = self.taken <= requests_per_minute
        return Decision(
            allowed=allowed,
            limit=requests_per_minute,
            remaining=max(0, requests_per_minute - self.taken),
            reset=60.0,
            retry_after=0.0 if allowed else 1.0,
        )


class World:
    """The whole main line but authentication, whose work `exchange` does."""

    def __init__(
        self,
        answers: dict[str, list[Answer]],
        *,
        policy: Policy | None = None,
        targets: tuple[Target, ...] = (ALPHA, BETA),
        project: Project | None = None,
    ) -> None:
        self.clock = VirtualClock()
        self.hop = ScriptedHop(answers, self.clock)
        self.journal = ListJournal()
        self.transitions: list[tuple[str, str, Transition]] = []
        self.targets = Targets(self.clock, random.Random(0), lambda *told: self.transitions.append(told))
        self.project = project or Project()
        begin = datetime(2020, 1, 1, tzinfo=UTC)
        self.organization = Organization(
            id="acme",
            projects={"shop": self.project},
            providers={"alpha": Capabilities(), "beta": Capabilities()},
            models={"chat": Route(targets, policy or Policy())},
            prices={
                ALPHA.name: (
                    DatedPrice(
                        begin,
                        Price(
                            Rates(250_000, 2_000_000, cached_input=25_000, cache_write=250_000, cache_write_1h=250_000)
                        ),
                    ),
                )
            },
        )
        self.plan = PlanRequest(self.targets, self.clock, random.Random(0))
        attempt = AttemptTargets(self.hop, self.targets, self.clock, random.Random(0))
        settle = Settle(self.journal, self.clock)
        recall = Recall(MemoryAnswers(self.clock), self.clock)
        self.complete = CompleteChat(
            stages=(Admit(CountingLimiter(), self.journal), Guard()),
            recall=recall,
            plan=self.plan,
            shadow=Shadow(attempt, self.targets, settle, self.clock),
            attempt=AnswerOrDegrade(attempt, self.targets, recall.stale),
            settle=settle,
        )

    def exchange(
        self,
        body: bytes = b'{"model":"chat","messages":[{"role":"user","content":"hi"}]}',
        *,
        stream: bool | None = None,
        timeout: float | None = None,
        options: Options | None = None,
        dialect: Dialect = OPENAI_CHAT,
    ) -> Exchange:
        exchange = Exchange(
            id="req_1",
            secret=None,
            body=body,
            stream=stream,
            options=options or Options(timeout=timeout),
            started_at=self.clock.now(),
            started=self.clock.monotonic(),
            span=trace.INVALID_SPAN,
            dialect=dialect,
        )
        exchange.principal = Principal("acme", "shop", "ci", Role.DEVELOPER)
        exchange.organization = self.organization
        exchange.project = self.project
        return exchange

    async def answer(self, exchange: Exchange) -> list[Frame]:
        return [frame async for frame in self.frames(exchange)]

    async def frames(self, exchange: Exchange) -> AsyncGenerator[Frame, None]:
        async with aclosing(await self.complete(exchange)) as answer, aclosing(answer.frames()) as frames:
            async for frame in frames:
                yield frame
