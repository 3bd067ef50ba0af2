"""Callers of a gateway in memory, over ASGI: what they send and what they are sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2

from chassis import keys
from chassis.health import Health
from chassis.http import App, Message
from chassis.http.asgi import CANCEL_WHEN_GONE
from chassis.principal import Principal, Role
from chassis.tasks import end as end_task
from resilience.errors import Reason
from services.gateway.adapters.memory_keys import MemoryKeys
from services.gateway.adapters.memory_responses import MemoryResponses
from services.gateway.application.answer import Answer as Given
from services.gateway.application.answer_once import AnswerOnce
from services.gateway.application.authenticate import Authenticator
from services.gateway.application.exchange import Exchange
from services.gateway.application.keep_responses import GoOnFrom, KeepResponses
from services.gateway.application.list_models import ListModels
from services.gateway.domain.configuration import Configuration, Key, Project
from services.gateway.domain.dialect import Dialect
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT
from services.gateway.domain.dialects.openai_responses import OPENAI_RESPONSES
from services.gateway.domain.pressure import Pressure
from services.gateway.domain.route import Continuation, Policy
from services.gateway.entrypoints.door import Door
from services.gateway.entrypoints.exchange import Exchanges
from services.gateway.entrypoints.http.app import CHATS, build_app
from services.gateway.entrypoints.http.chat import Chats
from services.gateway.entrypoints.http.endpoint import Endpoint
from services.gateway.entrypoints.http.models import Models
from services.gateway.entrypoints.http.responses import Responses
from tests.unit.gateway.world import Answer, World, vendor

PEPPER = b"p" * 32
MAX_BODY = 100_000
SECRET = keys.generate()
CONFIGURATION = Configuration(keys={keys.digest(SECRET, PEPPER): Key(Principal("acme", "shop", "ci", Role.DEVELOPER))})
REFUSED: Answer = [vendor(Reason.VENDOR_OVERLOADED)]
QUIET = Policy(retries=0, hedge=False, continuation=Continuation.ERROR)


@dataclass
class Caller:
    """One connection: what it was sent, and when it hangs up."""

    messages: list[Message] = field(default_factory=list)
    extensions: dict[str, bool] = field(default_factory=lambda: {CANCEL_WHEN_GONE: False})
    asked: bool = False
    body: bytes = b""

    async def receive(self) -> Message:
        assert not self.asked, "the body was read"
        self.asked = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    async def hang_up(self, task: "asyncio.Task[None]") -> None:
        """Leave; `task` is the request's, which wants to be cancelled then."""
        assert self.extensions[CANCEL_WHEN_GONE]
        await asyncio.wait_for(end_task(task), 5)

    @property
    def status(self) -> int:
        return cast("int", self.messages[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def text(self) -> bytes:
        assert not self.messages[-1].get("more_body", False), "the answer has no end"
        return b"".join(message["body"] for message in self.messages[1:])


class Chat:
    """The endpoint in front of a gateway in memory."""

    def __init__(
        self,
        *answers: Answer,
        beta: Answer = REFUSED,
        policy: Policy = QUIET,
        project: Project | None = None,
        dialect: Dialect = OPENAI_CHAT,
    ) -> None:
        self.world = World({"alpha/small": list(answers), "beta/small": [beta]}, policy=policy, project=project)
        clock = self.world.clock
        authenticator = Authenticator(lambda: CONFIGURATION, PEPPER, clock)

        async def complete(exchange: Exchange) -> Given:
            authenticator(exchange.secret)
            known = self.world.exchange()
            exchange.principal, exchange.organization = known.principal, known.organization
            exchange.project = known.project
            return await self.world.complete(exchange)

        self._responses = MemoryResponses(clock)
        go_on_from = GoOnFrom(self._responses, max_body=MAX_BODY)

        async def go_on(exchange: Exchange) -> Given:
            exchange.principal = authenticator(exchange.secret)
            await go_on_from(exchange)
            return await complete(exchange)

        exchanges = Exchanges(complete, Pressure(most=1000), clock)
        responding = Exchanges(KeepResponses(go_on, self._responses), Pressure(most=1000), clock)
        once = AnswerOnce(MemoryKeys(clock), authenticator, clock, ttl=86_400)
        self._endpoints = {
            path: Endpoint(
                Chats(responding if spoken is OPENAI_RESPONSES else exchanges, dialect, clock), once, max_body=MAX_BODY
            )
            for path, spoken in CHATS.items()
        }
        self._authenticator = authenticator
        self._path = next(path for path, spoken in CHATS.items() if spoken is dialect)

    @property
    def app(self) -> App:
        """All of the gateway's HTTP side but the door's services."""
        return build_app(
            chats=self._endpoints,
            models_endpoint=Models(ListModels(self._authenticator, lambda: CONFIGURATION)),
            kept=Responses(self._authenticator, self._responses),
            door=Door((), self._authenticator),
            health=Health(),
        )

    def begin(self, headers: dict[str, str] | None = None, **fields: Any) -> "tuple[Caller, asyncio.Task[None]]":
        caller = Caller(
            body=json.dumps({"model": "chat", "messages": [{"role": "user", "content": "hi"}], **fields}).encode()
        )
        told = {"authorization": f"Bearer {SECRET}", **(headers or {})}
        scope = {
            "method": "POST",
            "path": self._path,
            "extensions": caller.extensions,
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        }
        return caller, asyncio.create_task(self._endpoints[self._path](scope, caller.receive, caller.send))

    async def ask(self, headers: dict[str, str] | None = None, **fields: Any) -> Caller:
        caller, task = self.begin(headers, **fields)
        for _ in range(200):
            if task.done():
                break
            await self.world.clock.advance(0.05)
        await asyncio.wait_for(task, 5)
        return caller


@asynccontextmanager
async def http(chat: Chat) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the gateway's HTTP side, whose time passes by itself."""

    async def pass_time() -> None:
        while True:
            await chat.world.clock.advance(0.05)

    passing = asyncio.create_task(pass_time())
    try:
        transport = httpx2.ASGITransport(app=chat.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://seawall") as client:
            yield client
    finally:
        await end_task(passing)
