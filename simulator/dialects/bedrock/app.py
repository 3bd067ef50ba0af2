"""Bedrock's runtime as a bare ASGI app: Converse and ConverseStream of every model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import unquote
from uuid import UUID

from simulator.answers import Answer
from simulator.delivery import Headers, Rendered
from simulator.dialects.bedrock import render
from simulator.dialects.bedrock.check import check
from simulator.dialects.bedrock.errors import BedrockDialect, refusal
from simulator.dialects.bedrock.request import ConverseRequest
from simulator.dialects.bedrock.signature import Asked, Signed, read_authorization, refused, secrets_of, verify
from simulator.dialects.bedrock.wire import decode
from simulator.dialects.chat import ChatApp
from simulator.dialects.http import header
from simulator.dialects.prompt_cache import PromptCache
from simulator.dialects.rejected import RejectedError
from simulator.listener import Receive, Scope
from simulator.recorder import Call
from simulator.vendor import Vendor

CONVERSE, CONVERSE_STREAM = "converse", "converse-stream"


class BedrockApp(ChatApp[ConverseRequest]):
    """One vendor's API in Bedrock's format. A key of its access is `ID:SECRET[:TOKEN]`, or an API key."""

    # docs.aws.amazon.com/general/latest/gr/bedrock.html: 25 MB of a request's body for most models.
    max_body_bytes = 25 * 1024 * 1024
    _dialect = BedrockDialect()

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(vendor)
        self._cache = PromptCache()

    def dialect(self, identity: bytes) -> BedrockDialect:  # noqa: ARG002 - a header alone says which request it was
        """Return what renders errors."""
        return self._dialect

    def headers(self, identity: bytes, milliseconds: bytes) -> Headers:  # noqa: ARG002 - an answer's body tells it
        """Return the request's id."""
        return [(b"x-amzn-requestid", str(UUID(hex=identity.decode().zfill(32))).encode())]

    def asks(self, path: str) -> bool:
        """Return whether a path, decoded, is one of a model's."""
        return path.startswith("/model/") and path.endswith((f"/{CONVERSE}", f"/{CONVERSE_STREAM}"))

    def key(self, scope: Scope) -> str:
        """Return the access key's id, or the API key."""
        try:
            said = read_authorization(header(scope, b"authorization"))
        except RejectedError:
            return ""
        return said.access_key if isinstance(said, Signed) else said

    def admit(self, scope: Scope) -> None:
        """Demand a key that the vendor accepts; whether it signed the request is seen when that is read."""
        said = read_authorization(header(scope, b"authorization"))
        accepted = self.vendor.access.keys
        if accepted is None:
            return
        if isinstance(said, str):
            if ":" in said or said not in accepted:
                message = "Authentication failed: Please make sure your API Key is valid."
                raise refused("AccessDeniedException", message)
            return
        _, token = secrets_of(accepted).get(said.access_key, ("", None))
        if token is None or header(scope, b"x-amz-security-token") != token:
            raise refused("UnrecognizedClientException", "The security token included in the request is invalid.")

    def read(self, body: bytes, scope: Scope) -> ConverseRequest:
        """Return the request for the model that the path names, which must be what was signed."""
        self._verify(body, scope)
        _, _, model, operation = _parts(scope)
        return ConverseRequest(unquote(model), operation == CONVERSE_STREAM, decode(body))

    def check(self, request: ConverseRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        check(request)

    def check_model(self, model: str) -> None:
        """Demand a model of the vendor's."""
        models = self.vendor.access.models
        if models is not None and model not in models:
            raise refusal("The provided model identifier is invalid.")

    def too_long(self, given: int, window: int) -> RejectedError:  # noqa: ARG002 - it does not say
        """Say that the prompt is too long."""
        return refusal("Input is too long for requested model.")

    def render(
        self, answers: Sequence[Answer], call: Call, request: ConverseRequest, chunk: int, identity: bytes
    ) -> Rendered:
        """Return a message, or its events."""
        answer = answers[0]
        billed = self._cache.bill(request.marked_places(), answer.prompt_tokens, call.time)
        guarded = request.body.guardrail_config is not None
        heading = render.Heading(identity, billed, guarded=guarded, tells_stop=request.tells_stop)
        if not call.stream:
            return render.message(answer, heading)
        return render.events(answer, heading, tokens_per_chunk=chunk)

    async def look_up(self, scope: Scope, receive: Receive) -> bytes:  # noqa: ARG002 - there is nothing else
        """There is nothing to be looked up: a runtime has no list of models."""
        self.admit(scope)
        raise _unknown()

    def _verify(self, body: bytes, scope: Scope) -> None:
        said = read_authorization(header(scope, b"authorization"))
        if isinstance(said, str):
            return
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        accepted = self.vendor.access.keys
        secret = None if accepted is None else secrets_of(accepted)[said.access_key][0]
        verify(Asked(scope["method"], path, query, headers, body), said, secret, datetime.now(UTC))


def _parts(scope: Scope) -> list[str]:
    """Return the path's parts: an ARN's slashes are percent-encoded, or it is another path."""
    parts: list[str] = scope["raw_path"].decode("latin-1").split("/")
    if len(parts) != 4 or not parts[2]:  # noqa: PLR2004 - what is before the first slash, `model`, its name, an operation
        raise _unknown()
    return parts


def _unknown() -> RejectedError:
    return RejectedError(404, "Unknown operation.", code="UnknownOperationException")
