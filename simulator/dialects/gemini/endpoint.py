"""What the endpoints of Google's HTTP APIs have in common: keys, models, and what is refused."""

from __future__ import annotations

from typing import TypeVar

from simulator.delivery import Headers
from simulator.dialects.chat import Asking, ChatApp
from simulator.dialects.gemini.errors import UNAUTHENTICATED, GeminiDialect
from simulator.dialects.gemini.framing import EVENTS, Framing
from simulator.dialects.gemini.surface import Place, Surface, bearer_in, key_in, place_of
from simulator.dialects.rejected import RejectedError, bad_request
from simulator.listener import Receive, Scope
from simulator.vendor import Vendor

R = TypeVar("R", bound=Asking)


class GeminiEndpoint(ChatApp[R]):
    """One endpoint of a vendor's, on one of Google's surfaces, its streams in one framing."""

    # https://ai.google.dev/gemini-api/docs/file-input-methods
    max_body_bytes = 100 * 1024 * 1024
    methods: frozenset[str]
    """Of a model, that answers are asked for with."""

    def __init__(self, vendor: Vendor, surface: Surface, framing: Framing = EVENTS) -> None:
        super().__init__(vendor)
        self.surface = surface
        self.framing = framing
        self._dialect = GeminiDialect(surface, framing)

    def asks(self, path: str) -> bool:
        """Return whether a path is one that answers are asked for at."""
        place = place_of(path)
        return place is not None and place.method in self.methods

    def dialect(self, identity: bytes) -> GeminiDialect:  # noqa: ARG002 - errors do not say which request they are of
        """Return what renders errors."""
        return self._dialect

    def headers(self, identity: bytes, milliseconds: bytes) -> Headers:  # noqa: ARG002 - a body has the request's id
        """Return how long it took."""
        return [(b"server-timing", b"gfet4t7; dur=%b" % milliseconds)]

    def key(self, scope: Scope) -> str:
        """Return the API key, or the Bearer token."""
        return key_in(scope)

    def admit(self, scope: Scope) -> None:
        """Demand a key, or a token, that the vendor accepts."""
        key = key_in(scope)
        accepted = self.vendor.access.keys
        if not key and self.surface.is_vertex:
            raise RejectedError(
                401,
                "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or "
                "other valid authentication credential.",
                code="CREDENTIALS_MISSING",
            )
        if not key:
            raise RejectedError(
                403,
                "Method doesn't allow unregistered callers (callers without established identity). Please use API Key "
                "or other form of API consumer identity to call this API.",
            )
        if accepted is not None and key not in accepted:
            raise self._unknown(key, scope)

    def check_model(self, model: str) -> None:
        """Demand a model of the vendor's."""
        models = self.vendor.access.models
        if models is not None and model not in models:
            raise RejectedError(404, self._not_found(model))

    def too_long(self, given: int, window: int) -> RejectedError:
        """Say how long the prompt is, and how long it may be."""
        if self.surface.is_vertex:
            return bad_request(f"The input token count is {given} but model only supports up to {window}.")
        return bad_request(f"The input token count ({given}) exceeds the maximum number of tokens allowed ({window}).")

    def place(self, scope: Scope) -> Place:
        """Return what the path says; raises RejectedError where it is no call of a model."""
        place = place_of(scope["path"])
        if place is None:
            raise RejectedError(404, "Not Found")
        return place

    async def look_up(self, scope: Scope, receive: Receive) -> bytes:  # noqa: ARG002 - nothing has a body
        """Have nothing else to offer."""
        self.admit(scope)
        raise RejectedError(404, "Not Found")

    def _unknown(self, key: str, scope: Scope) -> RejectedError:
        if bearer_in(scope) == key:
            return RejectedError(
                401,
                UNAUTHENTICATED,
                code="ACCESS_TOKEN_TYPE_UNSUPPORTED",
            )
        return RejectedError(400, "API key not valid. Please pass a valid API key.", code="API_KEY_INVALID")

    def _not_found(self, model: str) -> str:
        if self.surface.is_vertex:
            return (
                f"Publisher Model `{self.surface.models}/{model}` was not found or your project does not have access "
                "to it. Please ensure you are using a valid model version. For more information, see: "
                "https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions"
            )
        return (
            f"models/{model} is not found for API version v1beta, or is not supported for generateContent. Call "
            "ListModels to see the list of available models and their supported methods."
        )
