"""Mistral's HTTP API as a bare ASGI app: chats, embeddings, models."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.answers import Answer
from simulator.delivery import Rendered
from simulator.dialects.mistral import render
from simulator.dialects.mistral.check import check
from simulator.dialects.mistral.embeddings import EmbeddingsApp
from simulator.dialects.mistral.endpoint import CHAT_PATH, MistralEndpoint
from simulator.dialects.mistral.request import ChatRequest, read_body
from simulator.listener import Receive, Scope, Send
from simulator.recorder import Call
from simulator.vendor import Vendor


class MistralApp(MistralEndpoint[ChatRequest]):
    """One vendor's API in Mistral's format."""

    chat_path = CHAT_PATH

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(vendor)
        self._embeddings = EmbeddingsApp(vendor)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["path"] == self._embeddings.chat_path:
            await self._embeddings(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def read(self, body: bytes, scope: Scope) -> ChatRequest:  # noqa: ARG002 - a body says all
        """Return the request that names a model."""
        return self.named(read_body(ChatRequest, body))

    def check(self, request: ChatRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        check(request)

    def render(
        self, answers: Sequence[Answer], call: Call, request: ChatRequest, chunk: int, identity: bytes
    ) -> Rendered:
        """Return a chat completion, or its chunks."""
        heading = render.Heading(identity, int(call.time), request.model)
        if not call.stream:
            return render.completion(answers, heading)
        return render.chunks(answers, heading, tokens_per_chunk=chunk)
