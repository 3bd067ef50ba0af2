"""Callers who ask many models steadily, whole and streamed, and what `seawall.credentials.v1` tells meanwhile."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer

from events.cloudevents import decode
from events.credentials import CredentialChanged, CredentialState
from events.topics import CREDENTIALS
from simulator.answers import Question, compose
from tests.e2e.keyed import Keyed
from tests.matrix.asked import Asked, Caller, Heard
from tests.stack.eventually import PATIENCE, eventually

QUESTION = "how is the water"
ANSWER_TOKENS = 16
PAUSE = 0.3
"""Seconds between two requests of a caller: one for each vendor makes some twenty a second."""
AT_ONCE = 7
"""Requests under way, at most: one more, and it is no crowd yet that a slow gateway may turn away."""


@dataclass
class Load:
    """What callers heard: of each model, how many whole answers, and what came in the place of one."""

    answered: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    async def more(self, models: Collection[str], count: int) -> None:
        """Return once each of `models` answered `count` times more: nothing asked before now is under way."""
        before = Counter(self.answered)
        enough = before + Counter(dict.fromkeys(models, count))
        await eventually(lambda: self.wrong or all(self.answered[model] >= enough[model] for model in models))
        assert self.wrong == []


@asynccontextmanager
async def load(callers: Sequence[Caller], answers: Mapping[str, Collection[str]]) -> AsyncIterator[Load]:
    """Ask for each model again and again, whole and streamed, by each of the callers. `answers`: all that are right."""
    seen, stop, turn = Load(), asyncio.Event(), asyncio.Semaphore(AT_ONCE)

    async def ask(model: str) -> None:
        turns = itertools.cycle(itertools.product(callers, (False, True)))
        while not stop.is_set():
            caller, stream = next(turns)
            async with turn:
                heard = await caller.ask(model, Asked(QUESTION), stream=stream)
            if whole(heard) and heard.text in answers[model]:
                seen.answered[model] += 1
            else:
                seen.wrong.append(f"{model}, {'streamed' if stream else 'whole'}: {heard}")
            await asyncio.sleep(PAUSE)

    async with asyncio.TaskGroup() as tasks:
        for model in answers:
            tasks.create_task(ask(model))
        try:
            yield seen
        finally:
            stop.set()


def whole(heard: Heard) -> bool:
    """Whether it is an answer with its end and its usage."""
    return heard.error is None and heard.finish_reason == "stop" and heard.output_tokens == ANSWER_TOKENS


def said_by(vendor: str, model: str) -> str:
    """What a vendor answers."""
    return compose(vendor, model, Question(QUESTION), length=ANSWER_TOKENS).text


def right(keyed: Sequence[Keyed]) -> dict[str, list[str]]:
    """By what callers ask for: the answer of each provider's own vendor."""
    return {one.target: [said_by(one.row.name, one.model)] for one in keyed}


class Told:
    """What `seawall.credentials.v1` told, in the order of each credential."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self.events: list[CredentialChanged] = []

    async def until(self, what: Callable[[], bool], within: float = PATIENCE) -> None:
        """Listen until `what` has been told."""

        async def heard() -> bool:
            for records in (await self._consumer.getmany(timeout_ms=100)).values():
                for record in records:
                    headers = {name: value.decode() for name, value in record.headers}
                    self.events.append(decode(CREDENTIALS, record.value, headers).data)
            return what()

        await eventually(heard, within)

    def of(self, keyed: Keyed, number: int) -> list[CredentialChanged]:
        """The events about one key."""
        who = (keyed.provider, keyed.references[number])
        return [event for event in self.events if (event.provider, event.credential) == who]

    def states(self, keyed: Keyed, number: int) -> list[CredentialState]:
        """What became of one key."""
        return [event.state for event in self.of(keyed, number)]
