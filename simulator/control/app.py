"""Finds who is asked, and answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import msgspec

from simulator.control.asked import Asked, RefusedError, read_body
from simulator.control.vendors import ROUTES, JSONObject, describe
from simulator.faults.catalogue import catalogue
from simulator.listener import Receive, Scope, Send
from simulator.scripts import Script, UnknownVendorError
from simulator.vendor import Vendor

T = TypeVar("T")


class ControlApp:
    """Serves the control API for the vendors of one simulator."""

    def __init__(self, vendors: Mapping[str, Vendor]) -> None:
        self._vendors = vendors
        self._of_all: Mapping[str, Mapping[str, Callable[[Asked], Awaitable[JSONObject]]]] = {
            "/vendors": {"GET": self._describe},
            "/faults": {"GET": _describe_faults},
            "/script": {"PUT": self._play, "GET": self._scripts, "DELETE": self._stop_scripts},
        }

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
        query = scope["query_string"].decode("latin-1")
        if of_all := self._of_all.get(path):
            action = _allowed(of_all, method, path)
            return await action(Asked(None, query, await read_body(receive)))
        for pattern, actions in ROUTES:
            if matched := pattern.fullmatch(path):
                of_one = _allowed(actions, method, path)
                vendor = self._vendors.get(matched["vendor"])
                if vendor is None:
                    known = ", ".join(self._vendors)
                    raise RefusedError(404, f"there is no vendor {matched['vendor']!r}; there are: {known}", "vendor")
                return await of_one(vendor, Asked(matched.groupdict().get("model"), query, await read_body(receive)))
        raise RefusedError(404, f"there is nothing at {path}")

    async def _describe(self, _: Asked) -> JSONObject:
        return {"vendors": [describe(vendor) for vendor in self._vendors.values()]}

    async def _play(self, asked: Asked) -> JSONObject:
        try:
            parts = asked.parsed(Script).parts(self._vendors)
        except UnknownVendorError as unknown:
            raise RefusedError(400, str(unknown), unknown.field) from None
        for name, part in parts.items():
            await self._vendors[name].play(part)
        return await self._scripts(asked)

    async def _scripts(self, _: Asked) -> JSONObject:
        return {"scripts": {name: vendor.script() for name, vendor in self._vendors.items()}}

    async def _stop_scripts(self, asked: Asked) -> JSONObject:
        for vendor in self._vendors.values():
            await vendor.stop_script()
        return await self._describe(asked)


async def _describe_faults(_: Asked) -> JSONObject:
    return {"faults": catalogue()}


def _allowed(actions: Mapping[str, T], method: str, path: str) -> T:
    if method not in actions:
        raise RefusedError(405, f"{method} is not allowed on {path}; use {' or '.join(actions)}")
    return actions[method]
