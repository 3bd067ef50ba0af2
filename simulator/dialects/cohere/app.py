"""Cohere's HTTP API as a bare ASGI app: chats, plain and streamed, embeddings, models."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.answers import Answer
from simulator.delivery import Rendered
from simulator.dialects.cohere import render
from simulator.dialects.cohere.check import check
from simulator.dialects.cohere.embed import EmbedApp
from simulator.dialects.cohere.endpoint import CHAT_PATH, CohereEndpoint, uuid
from simulator.dialects.cohere.request import ChatRequest, decode
from simulator.dialects.prompt_cache import PromptCache
from simulator.listener import Receive, Scope, Send
from simulator.recorder import Call
from simulator.vendor import Vendor


class CohereApp(CohereEndpoint[ChatRequest]):
    """One vendor's API in Cohere's format."""

    chat_path = CHAT_PATH

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(vendor)
        self._cache = PromptCache()
        self._embed = EmbedApp(vendor)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["path"] == self._embed.chat_path:
            await self._embed(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def read(self, body: bytes, scope: Scope) -> ChatRequest:  # noqa: ARG002 - a body says all
        """Return the request that names a model."""
        return self.named(decode(body))

    def check(self, request: ChatRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        check(request)

    def render(
        self, answers: Sequence[Answer], call: Call, request: ChatRequest, chunk: int, identity: bytes
    ) -> Rendered:
        """Return a message, or its events."""
        answer = answers[0]
        billed = self._cache.bill(request.cached_places(), answer.prompt_tokens, call.time)
        heading = render.Heading(uuid(identity), billed.read, request.sources)
        if not call.stream:
            return render.message(answer, heading)
        return render.events(answer, heading, tokens_per_chunk=chunk)
