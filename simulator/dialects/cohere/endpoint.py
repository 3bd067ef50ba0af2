"""What the endpoints of Cohere's HTTP API have in common: keys, models, and what is refused."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

import msgspec

from simulator.delivery import Headers
from simulator.dialects.chat import Asking, ChatApp
from simulator.dialects.cohere import render
from simulator.dialects.cohere.errors import CohereDialect
from simulator.dialects.http import header
from simulator.dialects.rejected import RejectedError, bad_request
from simulator.listener import Receive, Scope

CHAT_PATH, EMBED_PATH, MODELS_PATH = "/v2/chat", "/v2/embed", "/v1/models"

R = TypeVar("R", bound=Asking)


class CohereEndpoint(ChatApp[R]):
    """One endpoint of a vendor's in Cohere's format, and what there is beside it."""

    max_body_bytes = 64 * 1024 * 1024

    def dialect(self, identity: bytes) -> CohereDialect:
        """Return what renders the errors of one request, which name it."""
        return CohereDialect(uuid(identity))

    def headers(self, identity: bytes, milliseconds: bytes) -> Headers:
        """Return what traces the request, and how long it took."""
        return [(b"x-debug-trace-id", identity), (b"x-envoy-upstream-service-time", milliseconds)]

    def key(self, scope: Scope) -> str:
        """Return the Bearer key."""
        scheme, _, key = header(scope, b"authorization").partition(" ")
        return key.strip() if scheme.lower() == "bearer" else ""

    def admit(self, scope: Scope) -> None:
        """Demand a Bearer key that the vendor accepts."""
        key, accepted = self.key(scope), self.vendor.access.keys
        if not key:
            raise RejectedError(401, "no api key supplied")
        if accepted is not None and key not in accepted:
            raise RejectedError(401, "invalid api token")

    def check_model(self, model: str) -> None:
        """Demand a model of the vendor's."""
        models = self.vendor.access.models
        if models is not None and model not in models:
            raise RejectedError(
                404,
                f"model '{model}' not found, make sure the correct model ID was used and that you have access to the "
                "model.",
            )

    def named(self, request: R) -> R:
        """Return the request; raises RejectedError where it names no model."""
        if not request.model:
            raise bad_request("invalid request: model is required")
        return request

    def too_long(self, given: int, window: int) -> RejectedError:
        """Say how long the prompt is, and how long it may be."""
        return bad_request(
            f"too many tokens: total number of tokens in the prompt cannot exceed {window} - received {given}. Try "
            "using a shorter prompt."
        )

    async def look_up(self, scope: Scope, receive: Receive) -> bytes:  # noqa: ARG002 - nothing else has a body
        """List models, or show one."""
        self.admit(scope)
        method, path = scope["method"], scope["path"]
        if path != MODELS_PATH and not path.startswith(f"{MODELS_PATH}/") and path not in {CHAT_PATH, EMBED_PATH}:
            raise RejectedError(404, f"{path} not found")
        if method != "GET" or path in {CHAT_PATH, EMBED_PATH}:
            raise RejectedError(405, f"method {method} not allowed")
        if path == MODELS_PATH:
            return msgspec.json.encode({"models": [render.model_object(name) for name in self.vendor.models]})
        model = path.removeprefix(f"{MODELS_PATH}/")
        self.check_model(model)
        return msgspec.json.encode(render.model_object(model))


def uuid(identity: bytes) -> str:
    """Return an identity in the form of Cohere's ids."""
    return str(UUID(hex=identity.decode().zfill(32)))
