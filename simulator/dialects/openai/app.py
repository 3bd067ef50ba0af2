"""OpenAI's HTTP API as a bare ASGI app: chats, completions, responses, embeddings, models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from simulator.answers import Answer
from simulator.delivery import Rendered
from simulator.dialects.openai import render
from simulator.dialects.openai.completions import CompletionsApp
from simulator.dialects.openai.embeddings import EmbeddingsApp
from simulator.dialects.openai.endpoint import CHAT_PATH, OpenAIEndpoint
from simulator.dialects.openai.request import ChatRequest, check, decode
from simulator.dialects.openai.responses import ResponsesApp
from simulator.listener import Receive, Scope, Send
from simulator.recorder import Call
from simulator.vendor import Vendor


class OpenAIApp(OpenAIEndpoint[ChatRequest]):
    """One vendor's API in OpenAI's format."""

    chat_path = CHAT_PATH
    prompt_field = "messages"
    beside: ClassVar[Sequence[Callable[[Vendor], OpenAIEndpoint[Any]]]] = (CompletionsApp, EmbeddingsApp, ResponsesApp)

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(vendor)
        self._beside = {app.chat_path: app for app in (endpoint(vendor) for endpoint in self.beside)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        app = self._beside.get(scope["path"])
        if app is None:
            await super().__call__(scope, receive, send)
        else:
            await app(scope, receive, send)

    def decode(self, body: bytes) -> ChatRequest:
        """Return the request that a body is."""
        return decode(body)

    def check(self, request: ChatRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        check(request)

    def render(
        self, answers: Sequence[Answer], call: Call, request: ChatRequest, chunk: int, identity: bytes
    ) -> Rendered:
        """Return a chat completion, or its chunks."""
        heading = self.heading(call, identity)
        if not call.stream:
            return render.completion(answers, heading)
        return render.chunks(answers, heading, tokens_per_chunk=chunk, include_usage=request.includes_usage)
