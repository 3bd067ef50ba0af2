"""Callers at a steady pace, each of whose requests has an idempotency key and is sent until it is answered."""

import asyncio
import hashlib
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyqwest

from tests.e2e.system import Answer, System

PAUSE = 0.1
"""Seconds until a caller that was not answered asks again."""
PATIENCE = 120.0
"""Seconds for which a caller asks again; a request that takes longer was lost."""
LOST = (OSError, pyqwest.RemoteProtocolError, pyqwest.ReadError, pyqwest.WriteError)
PASSING = {409, 429, 503}
"""Statuses that ask for patience: whether the answer is still there is not said."""
UNRECORDED = frozenset({"overloaded", "rate_limited", "idempotency_key_in_flight", "unauthenticated"})
"""Codes of errors that come before a request is planned: those are not in the ledger."""
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Refusal:
    """An error in place of an answer."""

    request_id: str
    code: str


@dataclass(slots=True)
class Asked:
    """One request under its key, however often it had to be sent. Times are seconds since 1970."""

    number: int
    key: str
    trace: str
    """Its trace id, by which the ledger knows it."""
    body: bytes
    first_sent: float = 0.0
    answered_at: float = 0.0
    """0: not yet."""
    request_id: str = ""
    """Of the answer."""
    answer: bytes = b""
    """A digest of it."""
    replayed: bool = False
    cut: int = 0
    """Times that the connection was lost."""
    unheard: int = 0
    """Times that nobody listened."""
    refusals: list[Refusal] = field(default_factory=list)

    def during(self, begin: float, end: float) -> bool:
        """Whether it was waited for at some moment between `begin` and `end`."""
        return self.first_sent <= end and (not self.answered_at or self.answered_at >= begin)


@dataclass
class Crowd:
    """All who asked, and what they heard."""

    asked: list[Asked] = field(default_factory=list)
    answered: int = 0
    events: int = 0
    """Requests that were finished, with an answer or an error."""
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    """What was given again and was not the same."""
    given_again: int = 0
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def reached(self, events: int) -> None:
        """Return once so many requests were finished."""
        while self.events < events:
            self._more.clear()
            await self._more.wait()

    def finished(self) -> None:
        """Count one more."""
        self.events += 1
        self._more.set()

    def told(self) -> list[str]:
        """Ids of the requests that a caller knows to be finished, each once."""
        answered = (one.request_id for one in self.asked if one.request_id)
        refused = (
            refusal.request_id for one in self.asked for refusal in one.refusals if refusal.code not in UNRECORDED
        )
        return list(dict.fromkeys((*answered, *refused)))


class Callers:
    """Ask `system` for `events` finished requests; `models` are drawn with their weights."""

    def __init__(self, system: System, models: Sequence[tuple[str, float]], *, seed: int) -> None:
        self._system = system
        self._models = models
        self._rng = random.Random(seed)
        self._run = f"{seed:x}-{int(time.time()):x}"
        self.crowd = Crowd()

    async def ask(self, events: int, *, callers: int, per_second: float) -> None:
        """Ask until so many requests were finished."""
        begin = time.monotonic()
        pace = callers / per_second

        async def one(place: int) -> None:
            due = begin + pace * place / callers
            while self.crowd.events < events:
                await asyncio.sleep(due - time.monotonic())
                await self._until_answered(self._next())
                # Who was held up does not make up for it: a kill is not followed by a burst.
                due = max(due + pace, time.monotonic())

        async with asyncio.TaskGroup() as tasks:
            for place in range(callers):
                tasks.create_task(one(place))
        self.crowd.seconds = time.monotonic() - begin

    async def ask_again(self, one: Asked) -> None:
        """Send a request once more that was answered: it must be given the same answer."""
        while True:
            try:
                answer = await self._send(one)
            except LOST:
                await asyncio.sleep(PAUSE)
                continue
            if answer.status not in PASSING:
                break
            await asyncio.sleep(PAUSE)
        same = (answer.status, _digest(answer), answer.headers.get("x-seawall-request-id"))
        self.crowd.given_again += 1
        if same != (200, one.answer, one.request_id) or "idempotent-replayed" not in answer.headers:
            self.crowd.wrong.append(f"{one.key} was answered anew: {answer.status} {dict(answer.headers)}")

    def _next(self) -> Asked:
        number = len(self.crowd.asked)
        names, weights = zip(*self._models, strict=True)
        (model,) = self._rng.choices(names, weights)
        key = f"{self._run}-{number}"
        body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": key}]}
        if self._rng.random() < 0.25:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        one = Asked(number, key, f"{number + 1:032x}", json.dumps(body).encode(), first_sent=time.time())
        self.crowd.asked.append(one)
        return one

    async def _until_answered(self, one: Asked) -> None:
        until = time.monotonic() + PATIENCE
        while not one.answered_at and time.monotonic() < until:
            try:
                answer = await self._send(one)
            except ConnectionError:
                one.unheard += 1
            except LOST:
                one.cut += 1
            else:
                self._hear(one, answer)
            if not one.answered_at:
                await asyncio.sleep(PAUSE)

    def _hear(self, one: Asked, answer: Answer) -> None:
        code = _code(answer)
        if code not in UNRECORDED:
            self.crowd.finished()
        if code:
            one.refusals.append(Refusal(answer.headers.get("x-seawall-request-id", ""), code))
            return
        self.crowd.answered += 1
        one.answered_at = time.time()
        one.request_id = answer.headers["x-seawall-request-id"]
        one.answer = _digest(answer)
        one.replayed = "idempotent-replayed" in answer.headers

    async def _send(self, one: Asked) -> Answer:
        headers = {"idempotency-key": one.key, "traceparent": f"00-{one.trace}-{one.number + 1:016x}-00"}
        return await self._system.post(f"{self._system.http()}/v1/chat/completions", one.body, headers=headers)


def _code(answer: Answer) -> str:
    """Of the error, also of one in a stream; empty where the answer is whole."""
    if answer.status != 200:
        return str(answer.json()["error"]["code"])
    if answer.headers["content-type"].startswith("text/event-stream") and not answer.body.endswith(DONE):
        last = answer.body.rstrip().rpartition(b"data: ")[2]
        return str(json.loads(last)["error"]["code"])
    return ""


def _digest(answer: Answer) -> bytes:
    return hashlib.blake2b(answer.body, digest_size=16).digest()
