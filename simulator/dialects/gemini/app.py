"""Google's HTTP APIs for its models as a bare ASGI app: contents, whole and streamed, their size, vectors, models."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import msgspec

from simulator.answers import Answer
from simulator.delivery import Rendered
from simulator.dialects.gemini import render
from simulator.dialects.gemini.cache import Cache
from simulator.dialects.gemini.check import check, check_prompt
from simulator.dialects.gemini.embeddings import EmbeddingsApp
from simulator.dialects.gemini.endpoint import GeminiEndpoint
from simulator.dialects.gemini.errors import pretty
from simulator.dialects.gemini.framing import ARRAY, EVENTS, Framing
from simulator.dialects.gemini.payload import read_payload
from simulator.dialects.gemini.request import GenerateRequest
from simulator.dialects.gemini.surface import GEMINI, VERTEX, Surface, asked_in, models_at, place_of
from simulator.dialects.http import read_body
from simulator.dialects.rejected import RejectedError, bad_request
from simulator.listener import Receive, Scope, Send
from simulator.recorder import Call
from simulator.vendor import Vendor

STREAM = "streamGenerateContent"
# https://ai.google.dev/api/models#method:-models.list
PAGE, LARGEST_PAGE = 50, 1000


class GeminiApp:
    """One vendor's API: the Gemini API's paths and Vertex AI's, side by side."""

    def __init__(self, vendor: Vendor) -> None:
        cache = Cache()
        self._contents = {
            (surface.name, framing): ContentsApp(vendor, surface, framing, cache)
            for surface in (GEMINI, VERTEX)
            for framing in (EVENTS, ARRAY)
        }
        self._embeddings = {surface.name: EmbeddingsApp(vendor, surface) for surface in (GEMINI, VERTEX)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"]
        place, listed = place_of(path), models_at(path)
        surface = place.surface if place is not None else listed[0] if listed is not None else GEMINI
        embeddings = self._embeddings[surface.name]
        if embeddings.asks(path):
            await embeddings(scope, receive, send)
            return
        in_array = place is not None and place.method == STREAM and asked_in(scope).get("alt") != "sse"
        await self._contents[surface.name, ARRAY if in_array else EVENTS](scope, receive, send)


class ContentsApp(GeminiEndpoint[GenerateRequest]):
    """Answers in contents, and what there is beside them."""

    methods = frozenset({"generateContent", STREAM})

    def __init__(self, vendor: Vendor, surface: Surface, framing: Framing, cache: Cache) -> None:
        super().__init__(vendor, surface, framing)
        self._cache = cache

    def read(self, body: bytes, scope: Scope) -> GenerateRequest:
        """Return the request; the path names its model."""
        place = self.place(scope)
        request = msgspec.convert(read_payload(body, "GenerateContentRequest"), GenerateRequest)
        request.model, request.streams = place.model, place.method == STREAM
        return request

    def check(self, request: GenerateRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        check(request, self.surface)

    def render(
        self, answers: Sequence[Answer], call: Call, request: GenerateRequest, chunk: int, identity: bytes
    ) -> Rendered:
        """Return contents, or their chunks."""
        told = render.heading(
            request,
            self.surface,
            identity,
            self.quote(call.model),
            prompt_tokens=answers[0].prompt_tokens,
            cached=self._cache.read(request, call.time),
        )
        if not call.stream:
            return render.whole(answers, told)
        return render.stream(answers, told, self.framing, tokens_per_chunk=chunk)

    async def look_up(self, scope: Scope, receive: Receive) -> bytes:
        """Count the tokens of a prompt, list models, or show one."""
        self.admit(scope)
        method, listed = scope["method"], models_at(scope["path"])
        if method == "POST" and self.place(scope).method == "countTokens":
            return await self._count(scope, receive)
        if method != "GET" or listed is None:
            raise RejectedError(404, "Not Found")
        if not listed[1]:
            return pretty(_page(self.vendor.models, self.surface, asked_in(scope)))
        self.check_model(listed[1])
        return pretty(render.model_object(listed[1], self.surface))

    async def _count(self, scope: Scope, receive: Receive) -> bytes:
        payload = read_payload(await read_body(receive, self.max_body_bytes), "CountTokensRequest")
        inside = payload.pop("generateContentRequest", None)
        if inside is not None and payload:
            raise bad_request("Either contents or generate_content_request is to be set, not both.", "contents")
        request = msgspec.convert(inside or payload, GenerateRequest)
        request.model = self.place(scope).model
        check_prompt(request, self.surface)
        self.check_model(request.model)
        return render.counted(request.tokens, request.images)


def _page(models: Sequence[str], surface: Surface, asked: dict[str, str]) -> dict[str, object]:
    """Return the models that the query asks for, and a token for those that follow."""
    size = asked.get("pageSize", "0")
    if not (size.isascii() and size.isdigit()):
        raise bad_request(f"Invalid value at 'page_size' (TYPE_INT32), \"{size}\"", "page_size")
    count = min(int(size[:5]) or PAGE, LARGEST_PAGE)
    begin = _start(asked.get("pageToken", ""))
    end = begin + count
    listed = [render.model_object(name, surface) for name in models[begin:end]]
    following = {"nextPageToken": base64.urlsafe_b64encode(b"%d" % end).decode()} if end < len(models) else {}
    return {"publisherModels" if surface.is_vertex else "models": listed, **following}


def _start(token: str) -> int:
    try:
        told = base64.b64decode(token, altchars=b"-_", validate=True) or b"0"
    except ValueError:
        told = b""
    if not told.isdigit():
        raise bad_request("Invalid page token.", "page_token")
    return int(told)
