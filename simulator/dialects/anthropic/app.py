"""Anthropic's HTTP API as a bare ASGI app: messages, plain and streamed, the counting of their tokens, and models."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs

import msgspec

from simulator.answers import Answer
from simulator.delivery import Headers, Rendered
from simulator.dialects.anthropic import render
from simulator.dialects.anthropic.cache import marked_places
from simulator.dialects.anthropic.check import check, check_prompt
from simulator.dialects.anthropic.errors import AnthropicDialect, required
from simulator.dialects.anthropic.request import MessageRequest, decode
from simulator.dialects.chat import ChatApp
from simulator.dialects.http import header, read_body
from simulator.dialects.prompt_cache import PromptCache
from simulator.dialects.rejected import RejectedError, bad_request
from simulator.listener import Receive, Scope
from simulator.recorder import Call
from simulator.vendor import Vendor

# https://platform.claude.com/docs/en/api/versioning
VERSIONS = {"2023-01-01", "2023-06-01", "2026-10-21"}
COUNT_PATH = "/v1/messages/count_tokens"
MODELS_PATH = "/v1/models"
PAGE, LARGEST_PAGE = 20, 1000


class AnthropicApp(ChatApp[MessageRequest]):
    """One vendor's API in Anthropic's format."""

    chat_path = "/v1/messages"
    # https://platform.claude.com/docs/en/api/errors#request-size-limits
    max_body_bytes = 32 * 1024 * 1024

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(vendor)
        self._cache = PromptCache()

    def dialect(self, identity: bytes) -> AnthropicDialect:
        """Return what renders the errors of one request, which name it."""
        return AnthropicDialect(b"req_" + identity)

    def headers(self, identity: bytes, milliseconds: bytes) -> Headers:  # noqa: ARG002 - it does not say how long it took
        """Return the request's id."""
        return [(b"request-id", b"req_" + identity)]

    def key(self, scope: Scope) -> str:
        """Return the API key, or the Bearer token that newer SDKs send in its place; of both the API key counts."""
        return header(scope, b"x-api-key").strip() or header(scope, b"authorization").rpartition(" ")[2].strip()

    def admit(self, scope: Scope) -> None:
        """Demand a key that the vendor accepts, and a version of the API."""
        key = self.key(scope)
        if not key:
            raise RejectedError(401, "x-api-key header is required")
        accepted = self.vendor.access.keys
        if accepted is not None and key not in accepted:
            raise RejectedError(401, "invalid x-api-key")
        version = header(scope, b"anthropic-version")
        if not version:
            raise bad_request("anthropic-version: header is required")
        if version not in VERSIONS:
            raise bad_request(f'anthropic-version: "{version}" is not a valid version')

    def read(self, body: bytes, scope: Scope) -> MessageRequest:  # noqa: ARG002 - a body says all
        """Return the request that names a model."""
        request = decode(body)
        if not request.model:
            raise required("model")
        return request

    def check(self, request: MessageRequest, scope: Scope) -> None:
        """Demand what the API of the version that is spoken demands."""
        check(request, header(scope, b"anthropic-version"))

    def check_model(self, model: str) -> None:
        """Demand a model of the vendor's."""
        models = self.vendor.access.models
        if models is not None and model not in models:
            raise RejectedError(404, f"model: {model}")

    def too_long(self, given: int, window: int) -> RejectedError:
        """Say how long the prompt is, and how long it may be."""
        return bad_request(f"prompt is too long: {given} tokens > {window} maximum")

    def render(
        self, answers: Sequence[Answer], call: Call, request: MessageRequest, chunk: int, identity: bytes
    ) -> Rendered:
        """Return a message, or its events."""
        answer = answers[0]
        billed = self._cache.bill(marked_places(request), answer.prompt_tokens, call.time)
        omits = request.thinking is not None and request.thinking.display == "omitted"
        heading = render.Heading(identity, self.quote(call.model), billed, omits)
        if not call.stream:
            return render.message(answer, heading)
        return render.events(answer, heading, tokens_per_chunk=chunk)

    async def look_up(self, scope: Scope, receive: Receive) -> bytes:
        """Count the tokens of a prompt, list models, or show one."""
        self.admit(scope)
        method, path = scope["method"], scope["path"]
        allowed = {self.chat_path: "POST", COUNT_PATH: "POST", MODELS_PATH: "GET"}.get(path)
        if allowed is None and path.startswith(f"{MODELS_PATH}/"):
            allowed = "GET"
        if allowed is None:
            raise RejectedError(404, "Not Found")
        if method != allowed:
            raise RejectedError(405, "Method Not Allowed")
        if path == COUNT_PATH:
            return await self._count(scope, receive)
        if path == MODELS_PATH:
            return msgspec.json.encode(_page(self.vendor.models, scope["query_string"].decode("latin-1")))
        model = path.removeprefix(f"{MODELS_PATH}/")
        self.check_model(model)
        return msgspec.json.encode(render.model_object(model))

    async def _count(self, scope: Scope, receive: Receive) -> bytes:
        request = self.read(await read_body(receive, self.max_body_bytes), scope)
        check_prompt(request, header(scope, b"anthropic-version"))
        self.check_model(request.model)
        return b'{"input_tokens":%d}' % request.tokens


def _page(models: Sequence[str], query: str) -> dict[str, object]:
    """Return the models after, or before, the one that the query names, as many as it asks for."""
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    limit = asked.get("limit", str(PAGE))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:5]) <= LARGEST_PAGE):
        raise bad_request(f"limit: Input should be a whole number from 1 to {LARGEST_PAGE}")
    listed = list(models)
    after, before = asked.get("after_id"), asked.get("before_id")
    for cursor in filter(None, (after, before)):
        if cursor not in listed:
            raise bad_request(f"Cursor not found: {cursor}")
    rest = listed[: listed.index(before)] if before else listed[listed.index(after) + 1 :] if after else listed
    page = rest[-int(limit) :] if before else rest[: int(limit)]
    return {
        "data": [render.model_object(name) for name in page],
        "has_more": len(page) < len(rest),
        "first_id": page[0] if page else None,
        "last_id": page[-1] if page else None,
    }
