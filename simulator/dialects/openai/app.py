"""OpenAI's HTTP API as a bare ASGI app: chat completions, plain and streamed, and models."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from simulator.answers import Answer
from simulator.delivery import Headers, Rendered
from simulator.dialects.chat import ChatApp
from simulator.dialects.http import header
from simulator.dialects.openai import render
from simulator.dialects.openai.errors import OpenAIDialect
from simulator.dialects.openai.request import ChatRequest, check, decode
from simulator.dialects.rejected import RejectedError, bad_request
from simulator.listener import Receive, Scope
from simulator.recorder import Call


class OpenAIApp(ChatApp[ChatRequest]):
    """One vendor's API in OpenAI's format."""

    chat_path = "/v1/chat/completions"
    max_body_bytes = 64 * 1024 * 1024
    _dialect = OpenAIDialect()

    def dialect(self, identity: bytes) -> OpenAIDialect:  # noqa: ARG002 - errors do not say which request they are of
        """Return what renders errors."""
        return self._dialect

    def headers(self, identity: bytes, milliseconds: bytes) -> Headers:
        """Return the request's id and how long it took."""
        return [(b"x-request-id", b"req_" + identity), (b"openai-processing-ms", milliseconds)]

    def key(self, scope: Scope) -> str:
        """Return the Bearer key."""
        return header(scope, b"authorization").rpartition(" ")[2]

    def admit(self, scope: Scope) -> None:
        """Demand a Bearer key that the vendor accepts."""
        scheme, _, key = header(scope, b"authorization").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise RejectedError(401, "You didn't provide an API key in an Authorization header.")
        accepted = self.vendor.access.keys
        if accepted is not None and key.strip() not in accepted:
            raise RejectedError(401, f"Incorrect API key provided: ****{key[-4:]}.", code="invalid_api_key")

    def read(self, body: bytes) -> ChatRequest:
        """Return the request that names a model."""
        request = decode(body)
        if not request.model:
            raise bad_request("you must provide a model parameter")
        return request

    def check(self, request: ChatRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        check(request)

    def check_model(self, model: str) -> None:
        """Demand a model of the vendor's."""
        models = self.vendor.access.models
        if models is not None and model not in models:
            message = f"The model `{model}` does not exist or you do not have access to it."
            raise RejectedError(404, message, code="model_not_found")

    def too_long(self, given: int, window: int) -> RejectedError:
        """Say how long the prompt is, and how long it may be."""
        return bad_request(
            f"This model's maximum context length is {window} tokens. However, your messages resulted in {given} "
            "tokens. Please reduce the length of the messages.",
            "messages",
            "context_length_exceeded",
        )

    def render(
        self, answers: Sequence[Answer], call: Call, request: ChatRequest, chunk: int, identity: bytes
    ) -> Rendered:
        """Return a chat completion, or its chunks."""
        heading = render.Heading(identity, int(call.time), self.quote(call.model))
        if not call.stream:
            return render.completion(answers, heading)
        options = request.stream_options
        include_usage = options is not None and options.include_usage is True
        return render.chunks(answers, heading, tokens_per_chunk=chunk, include_usage=include_usage)

    async def look_up(self, scope: Scope, receive: Receive) -> bytes:  # noqa: ARG002 - nothing else has a body
        """List models, or show one."""
        self.admit(scope)
        method, path = scope["method"], scope["path"]
        known = path in {"/v1/models", self.chat_path} or path.startswith("/v1/models/")
        if not known:
            raise RejectedError(404, f"Invalid URL ({method} {path})")
        if method != "GET" or path == self.chat_path:
            raise RejectedError(405, f"Not allowed to {method} on {path}.", code="method_not_supported")
        owner = self.vendor.name
        if path == "/v1/models":
            listed = [render.model_object(name, owner) for name in self.vendor.models]
            return msgspec.json.encode({"object": "list", "data": listed})
        model = path.removeprefix("/v1/models/")
        self.check_model(model)
        return msgspec.json.encode(render.model_object(model, owner))
