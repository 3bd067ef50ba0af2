"""The control API: JSON over HTTP, to look at the simulated vendors and to change them while they run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from urllib.parse import parse_qs

import msgspec
from pydantic import BaseModel, ValidationError

from simulator.behaviour import Behaviour
from simulator.listener import Receive, Scope, Send
from simulator.recorder import Call
from simulator.vendor import Access, Vendor

MAX_BODY_BYTES = 1024 * 1024
BODY_DEADLINE_SECONDS = 10.0
DEFAULT_CALLS = 100
MAX_CALLS = 10_000
_LIMIT = re.compile("[1-9][0-9]{0,4}")

M = TypeVar("M", bound=BaseModel)
JSONObject = dict[str, object]
Action = Callable[[Vendor, "Asked"], Awaitable[JSONObject]]


class RefusedError(Exception):
    """The request cannot be carried out; carries the status and, where one is to blame, the field."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field


class Asked:
    """One request: the model its path names, its query and its body."""

    def __init__(self, model: str | None, query: str, body: bytes) -> None:
        self.model = model
        self.query = parse_qs(query, keep_blank_values=True)
        self.body = body


class ControlApp:
    """Serves the control API for the vendors of one simulator."""

    def __init__(self, vendors: Mapping[str, Vendor]) -> None:
        self._vendors = vendors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            status, answer = 200, await self._carry_out(scope, receive)
        except RefusedError as refused:
            status = refused.status
            answer = {"error": {"message": refused.message, "field": refused.field}}
        body = msgspec.json.encode(answer)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _carry_out(self, scope: Scope, receive: Receive) -> JSONObject:
        method, path = scope["method"], scope["path"]
        if path == "/vendors":
            if method != "GET":
                raise RefusedError(405, f"{method} is not allowed on {path}; use GET")
            return {"vendors": [describe(vendor) for vendor in self._vendors.values()]}
        for pattern, actions in _ROUTES:
            if matched := pattern.fullmatch(path):
                action = actions.get(method)
                if action is None:
                    raise RefusedError(405, f"{method} is not allowed on {path}; use {' or '.join(actions)}")
                vendor = self._vendors.get(matched["vendor"])
                if vendor is None:
                    known = ", ".join(self._vendors)
                    raise RefusedError(404, f"there is no vendor {matched['vendor']!r}; there are: {known}", "vendor")
                query = scope["query_string"].decode("latin-1")
                return await action(vendor, Asked(matched.groupdict().get("model"), query, await _body(receive)))
        raise RefusedError(404, f"there is nothing at {path}")


def describe(vendor: Vendor) -> JSONObject:
    """Return a vendor's state as JSON-able values."""
    default, by_model = vendor.behaviours()
    return {
        "name": vendor.name,
        "base_url": vendor.base_url,
        "up": vendor.is_up,
        "counters": vendor.counters(),
        "access": {
            "keys": None if vendor.access.keys is None else len(vendor.access.keys),
            "models": vendor.access.models,
        },
        "behaviour": default.model_dump(mode="json"),
        "models": {model: behaviour.model_dump(mode="json") for model, behaviour in by_model.items()},
    }


async def _describe(vendor: Vendor, _: Asked) -> JSONObject:
    return describe(vendor)


async def _set_behaviour(vendor: Vendor, asked: Asked) -> JSONObject:
    vendor.set(asked.model, _parsed(Behaviour, asked.body))
    return describe(vendor)


async def _clear_behaviour(vendor: Vendor, asked: Asked) -> JSONObject:
    vendor.clear(asked.model)
    return describe(vendor)


async def _set_access(vendor: Vendor, asked: Asked) -> JSONObject:
    vendor.access = _parsed(Access, asked.body)
    return describe(vendor)


async def _down(vendor: Vendor, _: Asked) -> JSONObject:
    await vendor.down()
    return describe(vendor)


async def _up(vendor: Vendor, _: Asked) -> JSONObject:
    try:
        await vendor.up()
    except OSError as problem:
        raise RefusedError(409, f"{vendor.name} cannot listen: {problem}") from None
    return describe(vendor)


async def _list_calls(vendor: Vendor, asked: Asked) -> JSONObject:
    given = asked.query.get("limit", [str(DEFAULT_CALLS)])[-1]
    if not _LIMIT.fullmatch(given) or int(given) > MAX_CALLS:
        raise RefusedError(400, f"limit must be a whole number from 1 to {MAX_CALLS}, not {given!r}", "limit")
    return {"calls": [_call(call) for call in vendor.recorder.latest(int(given))]}


async def _forget_calls(vendor: Vendor, _: Asked) -> JSONObject:
    vendor.recorder.forget()
    return describe(vendor)


_BEHAVIOUR: Mapping[str, Action] = {"PUT": _set_behaviour, "DELETE": _clear_behaviour}
_ROUTES: tuple[tuple[re.Pattern[str], Mapping[str, Action]], ...] = (
    (re.compile(r"/vendors/(?P<vendor>[^/]+)"), {"GET": _describe}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/behaviour"), _BEHAVIOUR),
    # A model's name may hold slashes.
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/models/(?P<model>.+)/behaviour"), _BEHAVIOUR),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/access"), {"PUT": _set_access}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/down"), {"POST": _down}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/up"), {"POST": _up}),
    (re.compile(r"/vendors/(?P<vendor>[^/]+)/calls"), {"GET": _list_calls, "DELETE": _forget_calls}),
)


def _parsed(kind: type[M], body: bytes) -> M:
    try:
        return kind.model_validate_json(body)
    except ValidationError as invalid:
        problem = invalid.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(step) for step in problem["loc"]) or "body"
        raise RefusedError(400, f"{field}: {problem['msg']}", field) from None


def _call(call: Call) -> JSONObject:
    shown: JSONObject = msgspec.to_builtins(call)
    if call.body is not None:
        try:
            shown["body"] = msgspec.json.decode(call.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            shown["body"] = call.body.decode("utf-8", "replace")
    return shown


async def _body(receive: Receive) -> bytes:
    parts = bytearray()
    try:
        async with asyncio.timeout(BODY_DEADLINE_SECONDS):
            while (message := await receive())["type"] == "http.request":
                parts += message["body"]
                if len(parts) > MAX_BODY_BYTES:
                    raise RefusedError(413, f"the body is larger than {MAX_BODY_BYTES} bytes", "body")
                if not message["more_body"]:
                    break
    except TimeoutError:
        raise RefusedError(408, "the body did not arrive in time", "body") from None
    return bytes(parts)
