"""What the endpoints of OpenAI's HTTP API have in common: keys, models, and what is refused."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Protocol, TypeVar

import msgspec

from simulator.delivery import Headers
from simulator.dialects.chat import Asking, ChatApp
from simulator.dialects.http import header
from simulator.dialects.openai import render
from simulator.dialects.openai.errors import OpenAIDialect
from simulator.dialects.rejected import RejectedError, bad_request
from simulator.listener import Receive, Scope
from simulator.recorder import Call

CHAT_PATH, COMPLETIONS_PATH, EMBEDDINGS_PATH = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
RESPONSES_PATH = "/v1/responses"
CALLED = frozenset({CHAT_PATH, COMPLETIONS_PATH, EMBEDDINGS_PATH, RESPONSES_PATH})
"""What is posted to."""
MODELS_PATH = "/v1/models"


class Named(Asking, Protocol):
    """A request that names a model in its body."""

    model: str


R = TypeVar("R", bound=Named)


class OpenAIEndpoint(ChatApp[R]):
    """One endpoint of a vendor's in OpenAI's format, and what there is beside it."""

    prompt_field: ClassVar[str]
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

    def check_model(self, model: str) -> None:
        """Demand a model of the vendor's."""
        models = self.vendor.access.models
        if models is not None and model not in models:
            message = f"The model `{model}` does not exist or you do not have access to it."
            raise RejectedError(404, message, code="model_not_found")

    @abstractmethod
    def decode(self, body: bytes) -> R:
        """Return the request that a body is; raises RejectedError where it cannot be read."""

    def read(self, body: bytes, scope: Scope) -> R:  # noqa: ARG002 - a body says all
        """Return the request; raises RejectedError where it names no model."""
        return self.named(self.decode(body))

    def named(self, request: R) -> R:
        """Return the request; raises RejectedError where it names no model."""
        if not request.model:
            raise bad_request("you must provide a model parameter")
        return request

    def heading(self, call: Call, identity: bytes) -> render.Heading:
        """Return what every part of the response says of it, where it is of choices."""
        return render.Heading(identity, int(call.time), self.quote(call.model))

    def too_long(self, given: int, window: int) -> RejectedError:
        """Say how long the prompt is, and how long it may be."""
        return bad_request(
            f"This model's maximum context length is {window} tokens. However, your {self.prompt_field} resulted in "
            f"{given} tokens. Please reduce the length of the {self.prompt_field}.",
            self.prompt_field,
            "context_length_exceeded",
        )

    async def look_up(self, scope: Scope, receive: Receive) -> bytes:  # noqa: ARG002 - nothing else has a body
        """List models, or show one."""
        self.admit(scope)
        method, path = scope["method"], scope["path"]
        known = path in {MODELS_PATH, *CALLED} or path.startswith(f"{MODELS_PATH}/")
        if not known:
            raise RejectedError(404, f"Invalid URL ({method} {path})")
        if method != "GET" or path in CALLED:
            raise RejectedError(405, f"Not allowed to {method} on {path}.", code="method_not_supported")
        owner = self.vendor.name
        if path == MODELS_PATH:
            listed = [render.model_object(name, owner) for name in self.vendor.models]
            return msgspec.json.encode({"object": "list", "data": listed})
        model = path.removeprefix(f"{MODELS_PATH}/")
        self.check_model(model)
        return msgspec.json.encode(render.model_object(model, owner))
