"""One request to the control API, read and checked, or refused."""

from __future__ import annotations

import asyncio
from typing import TypeVar
from urllib.parse import parse_qs

from pydantic import BaseModel, ValidationError

from simulator.listener import Receive

MAX_BODY_BYTES = 1024 * 1024
BODY_DEADLINE_SECONDS = 10.0

M = TypeVar("M", bound=BaseModel)


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
        self._query = parse_qs(query, keep_blank_values=True)
        self._body = body

    def option(self, name: str, default: str) -> str:
        """Return the query's value for `name`, the last if there are several."""
        return self._query.get(name, [default])[-1]

    def parsed(self, kind: type[M]) -> M:
        """Return the body as a `kind`; raises RefusedError that names the first field that is wrong."""
        try:
            return kind.model_validate_json(self._body)
        except ValidationError as invalid:
            problem = invalid.errors(include_url=False, include_context=False, include_input=False)[0]
            field = ".".join(str(step) for step in problem["loc"]) or "body"
            raise RefusedError(400, f"{field}: {problem['msg']}", field) from None


async def read_body(receive: Receive) -> bytes:
    """Read a request's body; raises RefusedError where it is too large or too slow."""
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
