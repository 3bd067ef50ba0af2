"""The gateway's HTTP side: which path goes where."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from chassis import pages
from chassis.health import Health
from chassis.http import App, Message, Receive, Scope, Send
from chassis.pages import JSON, respond
from chassis.profiling.page import PATH as PROFILE
from resilience.errors import Failure, Reason
from services.gateway.domain.dialect import Dialect
from services.gateway.domain.dialects.anthropic_count_tokens import ANTHROPIC_COUNT_TOKENS
from services.gateway.domain.dialects.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT
from services.gateway.domain.dialects.openai_completions import OPENAI_COMPLETIONS
from services.gateway.domain.dialects.openai_embeddings import OPENAI_EMBEDDINGS
from services.gateway.domain.dialects.openai_responses import OPENAI_RESPONSES
from services.gateway.entrypoints.door import Door
from services.gateway.entrypoints.exchange import new_request_id
from services.gateway.entrypoints.http import models, responses
from services.gateway.entrypoints.http.documents import DOCUMENTS, Documents
from services.gateway.entrypoints.http.endpoint import Endpoint
from services.gateway.entrypoints.http.errors import error_headers, error_of
from services.gateway.entrypoints.http.models import Models
from services.gateway.entrypoints.http.request import CallerLeftError, check_method
from services.gateway.entrypoints.http.responses import Responses

CHATS: Mapping[str, Dialect] = {
    "/v1/chat/completions": OPENAI_CHAT,
    "/v1/completions": OPENAI_COMPLETIONS,
    "/v1/embeddings": OPENAI_EMBEDDINGS,
    "/v1/messages": ANTHROPIC_MESSAGES,
    "/v1/messages/count_tokens": ANTHROPIC_COUNT_TOKENS,
    responses.PATH: OPENAI_RESPONSES,
}
"""Where models are asked, and in which dialect."""

log = structlog.stdlib.get_logger("http")


@dataclass(frozen=True, slots=True)
class Routes:
    """Which application answers: `at` a path, or else `below` one, which ends in a slash."""

    at: Mapping[str, App]
    below: Mapping[str, App]

    def find(self, path: str) -> App:
        """Which one. Raises Failure(NOT_FOUND)."""
        app = self.at.get(path) or next((app for root, app in self.below.items() if path.startswith(root)), None)
        if app is None:
            raise Failure(Reason.NOT_FOUND, f"There is nothing at {path[:200]!r}.")
        return app


def build_app(
    *,
    chats: Mapping[str, Endpoint],
    models_endpoint: Models,
    kept: Responses,
    door: Door,
    health: Health,
    metrics: Callable[[], Awaitable[bytes]] = pages.own_metrics,
    profile: App | None = None,
) -> App:
    """The ASGI application; `chats` by their paths. `kept`: the responses that are. `profile`: see profile_page."""
    shown = pages.pages(health, metrics)
    routes = routes_of(chats=chats, models_endpoint=models_endpoint, kept=kept, door=door, health=shown)
    if profile is not None:
        routes = replace(routes, at={**routes.at, PROFILE: profile})
    return _refusing(routes)


def routes_of(
    *, chats: Mapping[str, Endpoint], models_endpoint: Models, kept: Responses, door: Door, health: App
) -> Routes:
    """All that there is, which is what the OpenAPI document tells of."""
    documents = Documents(_openapi)

    async def models_app(scope: Scope, _receive: Receive, send: Send) -> None:
        check_method(scope, "GET")
        await models_endpoint(scope, _with_request_id(send, _dialect_of(scope).request_id_header))

    async def kept_app(scope: Scope, _receive: Receive, send: Send) -> None:
        await kept(scope, _with_request_id(send, OPENAI_RESPONSES.request_id_header))

    async def door_app(scope: Scope, receive: Receive, send: Send) -> None:
        await door(scope, receive, _with_request_id(send))

    async def documents_app(scope: Scope, _receive: Receive, send: Send) -> None:
        await documents(scope, send)

    return Routes(
        at={
            **chats,
            models.PATH: models_app,
            **dict.fromkeys(pages.PATHS, health),
            **dict.fromkeys(door.paths, door_app),
            **dict.fromkeys(DOCUMENTS, documents_app),
        },
        below={f"{models.PATH}/": models_app, f"{responses.PATH}/": kept_app},
    )


def _openapi() -> str:
    from services.gateway.entrypoints.http.openapi import render  # noqa: PLC0415 - it is for those alone who ask for it

    return render(CHATS)


def _refusing(routes: Routes) -> App:
    """What `routes` lead to; its failures are answered."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await routes.find(scope["path"])(scope, receive, send)
        except Failure as failure:
            await _refuse(send, failure, _dialect_of(scope))
        except CallerLeftError:
            return

    return app


def _dialect_of(scope: Scope) -> Dialect:
    """What a caller speaks, whether there is something at the path or not."""
    path = scope["path"]
    if f"{path}/".startswith(f"{models.PATH}/") and models.asks_as_anthropic(scope):
        return ANTHROPIC_MESSAGES
    return next((dialect for root, dialect in CHATS.items() if f"{path}/".startswith(f"{root}/")), OPENAI_CHAT)


def _with_request_id(send: Send, *names: bytes) -> Send:
    """`send`, with a request id among the answer's headers, by Seawall's name for it and others."""

    async def send_with_id(message: Message) -> None:
        if message["type"] == "http.response.start":
            request_id = new_request_id().encode()
            told = [(name, request_id) for name in (b"x-seawall-request-id", *names)]
            message = {**message, "headers": [*message.get("headers", ()), *told]}
        await send(message)

    return send_with_id


async def _refuse(send: Send, failure: Failure, dialect: Dialect) -> None:
    """Answer a request that did not become an exchange."""
    request_id = new_request_id()
    headers = [
        (b"x-seawall-request-id", request_id.encode()),
        (dialect.request_id_header, request_id.encode()),
        *error_headers(failure),
    ]
    if allow := failure.detail.get("allow"):
        headers.append((b"allow", allow.encode()))
    if failure.reason in {Reason.REQUEST_TOO_LARGE, Reason.REQUEST_TIMEOUT}:
        headers.append((b"connection", b"close"))  # the rest of the body is not worth reading
    log.info("refused", request_id=request_id, reason=failure.reason.value)
    status, body = error_of(failure, request_id, dialect)
    await respond(send, status, JSON, body, tuple(headers))
