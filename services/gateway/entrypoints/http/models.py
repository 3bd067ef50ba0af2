"""GET /v1/models and /v1/models/{id}: what the key may ask for, in OpenAI's shape or in Anthropic's."""

import json
from collections.abc import Sequence
from urllib.parse import parse_qs

from chassis.http import Scope, Send
from chassis.pages import JSON, respond
from services.gateway.application.list_models import ListModels
from services.gateway.domain.model_pages import page_of
from services.gateway.domain.options import invalid
from services.gateway.entrypoints.http.request import headers_of, secret_of

PATH = "/v1/models"
PAGE, LARGEST_PAGE = 20, 1000
"""Models on a page of Anthropic's, by default and at most: platform.claude.com/docs/en/api/models-list."""


class Models:
    """The endpoint."""

    def __init__(self, models: ListModels) -> None:
        self._models = models

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer with one model or several. Raises Failure(UNAUTHENTICATED, MODEL_NOT_FOUND or INVALID_REQUEST)."""
        secret = secret_of(headers_of(scope))
        wanted = scope["path"].removeprefix(PATH).removeprefix("/")
        shaped, listed = (_anthropic, _page) if asks_as_anthropic(scope) else (_openai, _list)
        answer = shaped(self._models.one(secret, wanted)) if wanted else listed(self._models(secret), scope)
        await respond(send, 200, JSON, json.dumps(answer).encode())


def asks_as_anthropic(scope: Scope) -> bool:
    """Whether who asks speaks Anthropic's dialect, where the path does not say."""
    return headers_of(scope).get(b"anthropic-version") is not None


def _list(names: Sequence[str], scope: Scope) -> dict[str, object]:  # noqa: ARG001 - it has no pages
    return {"object": "list", "data": [_openai(name) for name in names]}


def _openai(name: str) -> dict[str, object]:
    # OpenAI's SDKs require `created`; a route has no such moment, so it is the epoch.
    return {"id": name, "object": "model", "created": 0, "owned_by": "seawall"}


def _page(names: Sequence[str], scope: Scope) -> dict[str, object]:
    asked = {name: values[-1] for name, values in parse_qs(scope.get("query_string", b"").decode("latin-1")).items()}
    page = page_of(names, _limit(asked), after=asked.get("after_id", ""), before=asked.get("before_id", ""))
    return {
        "data": [_anthropic(name) for name in page.models],
        "has_more": page.more,
        "first_id": page.models[0] if page.models else None,
        "last_id": page.models[-1] if page.models else None,
    }


def _anthropic(name: str) -> dict[str, object]:
    # The epoch is what Anthropic says where it does not know the date either.
    said = {"display_name": name, "created_at": "1970-01-01T00:00:00Z", "lifecycle": "active"}
    return {"id": name, "type": "model", **said}


def _limit(asked: dict[str, str]) -> int:
    text = asked.get("limit", str(PAGE))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= LARGEST_PAGE):
        raise invalid("limit", f"must be from 1 to {LARGEST_PAGE}")
    return int(text)
