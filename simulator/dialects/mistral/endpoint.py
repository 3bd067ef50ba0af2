"""What the endpoints of Mistral's HTTP API have in common: keys, models, and what is refused."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from simulator.delivery import Headers
from simulator.dialects.chat import Asking, ChatApp
from simulator.dialects.http import header
from simulator.dialects.mistral import render
from simulator.dialects.mistral.errors import InvalidError, MistralDialect, RefusedError
from simulator.dialects.rejected import RejectedError
from simulator.listener import Receive, Scope

CHAT_PATH, EMBEDDINGS_PATH = "/v1/chat/completions", "/v1/embeddings"
CALLED = frozenset({CHAT_PATH, EMBEDDINGS_PATH})
"""What is posted to."""
MODELS_PATH = "/v1/models"

R = TypeVar("R", bound=Asking)


class MistralEndpoint(ChatApp[R]):
    """One endpoint of a vendor's in Mistral's format, and what there is beside it."""

    max_body_bytes = 64 * 1024 * 1024
    _dialect = MistralDialect()

    def dialect(self, identity: bytes) -> MistralDialect:  # noqa: ARG002 - errors do not say which request they are of
        """Return what renders errors."""
        return self._dialect

    def headers(self, identity: bytes, milliseconds: bytes) -> Headers:
        """Return the request's id, by both of its names, and how long it took."""
        return [
            (b"x-request-id", identity),
            (b"mistral-correlation-id", identity),
            (b"x-envoy-upstream-service-time", milliseconds),
        ]

    def key(self, scope: Scope) -> str:
        """Return the Bearer key."""
        return header(scope, b"authorization").rpartition(" ")[2]

    def admit(self, scope: Scope) -> None:
        """Demand a Bearer key that the vendor accepts."""
        scheme, _, key = header(scope, b"authorization").partition(" ")
        accepted = self.vendor.access.keys
        if scheme.lower() != "bearer" or not key.strip() or (accepted is not None and key.strip() not in accepted):
            raise RejectedError(401, "Unauthorized")

    def named(self, request: R) -> R:
        """Return the request; raises InvalidError where it names no model."""
        if not request.model:
            missing = {"type": "missing", "loc": ["body", "model"], "msg": "Field required", "input": None}
            raise InvalidError([missing])
        return request

    def check_model(self, model: str) -> None:
        """Demand a model of the vendor's."""
        models = self.vendor.access.models
        if models is not None and model not in models:
            raise RefusedError(f"Invalid model: {model}", "invalid_model", "1500")

    def too_long(self, given: int, window: int) -> RejectedError:
        """Say how long the prompt is, and how long it may be."""
        return RefusedError(
            f"Prompt contains {given} tokens and 0 draft tokens, too large for model with {window} maximum context "
            "length",
            "invalid_request_invalid_args",
            "3051",
        )

    async def look_up(self, scope: Scope, receive: Receive) -> bytes:  # noqa: ARG002 - nothing else has a body
        """List models, or show one."""
        self.admit(scope)
        method, path = scope["method"], scope["path"]
        known = path in {MODELS_PATH, *CALLED} or path.startswith(f"{MODELS_PATH}/")
        if not known:
            raise RejectedError(404, "no Route matched with those values")
        if method != "GET" or path in CALLED:
            raise RejectedError(405, "Method Not Allowed")
        if path == MODELS_PATH:
            listed = [render.model_object(name) for name in self.vendor.models]
            return msgspec.json.encode({"object": "list", "data": listed})
        model = path.removeprefix(f"{MODELS_PATH}/")
        self.check_model(model)
        return msgspec.json.encode(render.model_object(model))
