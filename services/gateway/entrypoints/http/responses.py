"""/v1/responses/{id}, and its input items: what was answered, read again or forgotten."""

import json
from typing import Any
from urllib.parse import parse_qs

import msgspec

from chassis.http import Scope, Send
from chassis.pages import JSON, respond
from resilience.errors import Failure, Reason
from services.gateway.application.authenticate import Authenticator
from services.gateway.application.responses import ResponseStore, key_of, not_found
from services.gateway.domain.access import check_calls_models
from services.gateway.domain.dialects.openai_responses.items import ids
from services.gateway.domain.dialects.openai_responses.kept import KeptResponse
from services.gateway.entrypoints.http.request import check_method, headers_of, secret_of

PATH = "/v1/responses"
INPUT_ITEMS = "input_items"
PAGE, MOST = 20, 100
"""Items in a page, where nothing is said, and at most."""

_encode = msgspec.json.Encoder().encode


class Responses:
    """The endpoint. A key of a project finds what that project's keys asked for."""

    def __init__(self, authenticator: Authenticator, store: ResponseStore) -> None:
        self._authenticator = authenticator
        self._store = store

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer. Raises Failure(UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND, METHOD_NOT_ALLOWED ...)."""
        principal = self._authenticator(secret_of(headers_of(scope)))
        check_calls_models(principal)
        response_id, _, below = scope["path"].removeprefix(f"{PATH}/").partition("/")
        if below not in {"", INPUT_ITEMS}:
            raise Failure(Reason.NOT_FOUND, f"A response has nothing at {below[:200]!r}.")
        check_method(scope, *(("GET",) if below else ("GET", "DELETE")))
        key = key_of(principal, response_id)
        if scope["method"] == "DELETE":
            if not await self._store.remove(key):
                raise not_found("Response", response_id)
            await _answer(send, {"id": response_id, "object": "response", "deleted": True})
            return
        kept = await self._store.find(key)
        if kept is None:
            raise not_found("Response", response_id)
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        if below:
            await respond(send, 200, JSON, _page(kept, query))
        elif query.get("stream", ["false"])[-1] == "true":
            raise Failure(Reason.INVALID_REQUEST, "A response is not streamed again.", detail={"param": "stream"})
        else:
            await respond(send, 200, JSON, kept.response)


async def _answer(send: Send, answer: dict[str, Any]) -> None:
    await respond(send, 200, JSON, json.dumps(answer).encode())


def _page(kept: KeptResponse, query: dict[str, list[str]]) -> bytes:
    """A page of its input items: `limit` of them, in `order`, those that come `after` the item of that id."""
    items, limit = kept.input, _limit(query.get("limit", [str(PAGE)])[-1])
    order = query.get("order", ["desc"])[-1]
    if order not in {"asc", "desc"}:
        raise Failure(Reason.INVALID_REQUEST, "The order is `asc` or `desc`.", detail={"param": "order"})
    if order == "desc":
        items.reverse()
    names = ids(items)
    begin = 0
    if "after" in query:
        after = query["after"][-1]
        if after not in names:
            raise not_found("Item", after, param="after")
        begin = names.index(after) + 1
    page, shown = items[begin : begin + limit], names[begin : begin + limit]
    return _encode(
        {
            "object": "list",
            "data": page,
            "first_id": shown[0] if shown else None,
            "last_id": shown[-1] if shown else None,
            "has_more": begin + limit < len(items),
        }
    )


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST):
        raise Failure(Reason.INVALID_REQUEST, f"The limit is 1 to {MOST}.", detail={"param": "limit"})
    return int(text)
