"""What is kept of responses: they go on from one another, whoever answers them, and can be read again."""

import os
from contextlib import aclosing

import msgspec
from msgspec.structs import replace

from resilience.errors import Failure, Reason
from services.gateway.application.answer import Answer, Frames, begun
from services.gateway.application.complete_chat import Complete
from services.gateway.application.exchange import Exchange
from services.gateway.application.responses import TTL, ResponseStore, key_of, not_found
from services.gateway.domain.dialects.openai_responses.asked import Asked, previous_of
from services.gateway.domain.dialects.openai_responses.items import listed
from services.gateway.domain.dialects.openai_responses.kept import KeptResponse

FINAL = frozenset({"response.completed", "response.incomplete"})
"""Events that have all of a response in them."""


class GoOnFrom:
    """A stage before the body is read: has it say all that was said in the response that it goes on from.

    `max_body`: bytes that it may have then.
    """

    def __init__(self, store: ResponseStore, *, max_body: int) -> None:
        self._store = store
        self._max_body = max_body

    async def __call__(self, exchange: Exchange) -> None:
        """Raises Failure(NOT_FOUND, REQUEST_TOO_LARGE, UNAVAILABLE or INVALID_REQUEST)."""
        previous = previous_of(exchange.body)
        if not previous:
            return
        kept = await self._store.find(key_of(exchange.principal, previous))
        if kept is None:
            raise not_found("Previous response", previous, param="previous_response_id")
        body = Asked(exchange.body).after(kept.told_again())
        if len(body) > self._max_body:
            raise Failure(
                Reason.REQUEST_TOO_LARGE,
                f"With what was said before it the body is over {self._max_body} bytes.",
                detail={"param": "previous_response_id"},
            )
        exchange.body, exchange.previous_response = body, previous


class KeepResponses:
    """The main line, `complete`, whose answers are responses.

    Each has an id of Seawall's own, repeats its request, and is kept before its end is seen, unless it is not to be.
    """

    def __init__(self, complete: Complete, store: ResponseStore) -> None:
        self._complete = complete
        self._store = store

    async def __call__(self, exchange: Exchange) -> Answer:
        """The answer. Raises what `complete` does."""
        return await begun(self._frames(exchange, await self._complete(exchange)))

    async def _frames(self, exchange: Exchange, answer: Answer) -> Frames:
        response: _Response | None = None
        async with aclosing(answer), aclosing(answer.frames()) as frames:
            async for frame in frames:
                if not frame.data:
                    yield frame
                    continue
                response = response or _Response(exchange)
                data, final = response.event(frame.data) if exchange.stream else response.whole(frame.data)
                if final and response.stores:
                    await self._store.keep(response.key, response.kept(final), TTL)
                yield replace(frame, data=data)


class _Event(msgspec.Struct):
    type: str = ""
    response: msgspec.Raw = msgspec.Raw()


_event = msgspec.json.Decoder(_Event)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


class _Response:
    """One response on its way to its caller."""

    def __init__(self, exchange: Exchange) -> None:
        self._asked = Asked(exchange.body)
        self._previous = exchange.previous_response
        self._id = f"resp_{_fresh()}"
        self.key = key_of(exchange.principal, self._id)
        self.stores = self._asked.stores and not exchange.options.no_store

    def whole(self, data: bytes) -> tuple[bytes, bytes]:
        """A whole answer as its caller gets it, and as it is kept."""
        own = self._own(msgspec.Raw(data))
        return own, own

    def event(self, data: bytes) -> tuple[bytes, bytes]:
        """An event as its caller gets it, and the response as it is kept where that is whole now."""
        event = _event.decode(data)
        if not event.response:
            return data, b""
        own = self._own(event.response)
        fields = {**_fields.decode(data), "response": msgspec.Raw(own)}
        return _encode(fields), own if event.type in FINAL else b""

    def kept(self, response: bytes) -> KeptResponse:
        """What is kept of it."""
        return KeptResponse(response, listed(self._asked.items, _fresh))

    def _own(self, response: msgspec.Raw) -> bytes:
        return self._asked.repeated_in(response, self._id, previous=self._previous, kept=self.stores)


def _fresh() -> str:
    return os.urandom(24).hex()
