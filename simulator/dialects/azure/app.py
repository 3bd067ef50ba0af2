"""Azure OpenAI's HTTP API as a bare ASGI app: OpenAI's endpoints, at `/openai/v1` and at deployments."""

from __future__ import annotations

from simulator.dialects.azure.endpoint import AzureEndpoint, as_openais
from simulator.dialects.openai.app import OpenAIApp
from simulator.dialects.openai.completions import CompletionRequest, CompletionsApp
from simulator.dialects.openai.embeddings import EmbeddingsApp, EmbeddingsRequest
from simulator.dialects.openai.request import ChatRequest
from simulator.dialects.openai.responses import ResponsesApp
from simulator.dialects.openai.responses.render import Heading
from simulator.dialects.openai.responses.request import ResponsesRequest
from simulator.listener import Receive, Scope, Send
from simulator.recorder import Call


class _Completions(AzureEndpoint[CompletionRequest], CompletionsApp):
    """OpenAI's older completions, behind Azure."""


class _Embeddings(AzureEndpoint[EmbeddingsRequest], EmbeddingsApp):
    """OpenAI's embeddings, behind Azure."""


class _Responses(AzureEndpoint[ResponsesRequest], ResponsesApp):
    """OpenAI's responses, behind Azure."""

    def begun(self, call: Call, request: ResponsesRequest, identity: bytes) -> Heading:
        """Return what every part of the response says of it, and that no filter found anything."""
        return Heading(identity.decode(), int(call.time), request, {"content_filters": None})


class AzureApp(AzureEndpoint[ChatRequest], OpenAIApp):
    """One vendor's API in Azure's format."""

    beside = (_Completions, _Embeddings, _Responses)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await super().__call__(as_openais(scope), receive, send)
