"""What is served to anybody, as OpenAPI's operations: health, metrics, and the pages that explain."""

from collections.abc import Mapping

import msgspec

from chassis import pages
from services.gateway.entrypoints.http.documents import DOCUMENTS
from services.gateway.entrypoints.http.openapi import answers
from services.gateway.entrypoints.http.openapi.schemas import Json, Schemas

HEALTH_TAG, DOCUMENTS_TAG = "Health and metrics", "Documentation"

_TEXT: Json = {"type": "string"}


def paths(schemas: Schemas) -> Json:
    """All of their paths."""
    return {path: {"get": _health(path, schemas)} for path in sorted(pages.PATHS)} | {
        path: {"get": _page(path, document.summary, document.content_type, _TEXT, DOCUMENTS_TAG)}
        for path, document in DOCUMENTS.items()
    }


_READY = ("Whether it can serve", answers.Readiness)
_LIVE = ("Whether the process runs", answers.Liveness)
_HEALTH: Mapping[str, tuple[str, type[msgspec.Struct] | None]] = {
    "/health/live": _LIVE,
    "/health/liveness": _LIVE,
    "/health/ready": _READY,
    "/health/readiness": _READY,
    "/metrics": ("Metrics in the format of Prometheus", None),
}


def _health(path: str, schemas: Schemas) -> Json:
    summary, answer = _HEALTH[path]
    if answer is None:
        return _page(path, summary, "text/plain", _TEXT, HEALTH_TAG)
    schema = schemas.struct(answer, answer.__name__)
    operation = _page(path, summary, pages.JSON, schema, HEALTH_TAG)
    if answer is answers.Readiness:
        operation["responses"]["503"] = _answer("It cannot; `unmet` says what is missing.", pages.JSON, schema)
    return operation


def _page(path: str, summary: str, content_type: str, schema: Json, tag: str) -> Json:
    return {
        "operationId": path.strip("/").replace("/", "."),
        "summary": summary,
        "tags": [tag],
        "security": [],
        "responses": {"200": _answer(f"{summary}.", content_type, schema)},
    }


def _answer(description: str, content_type: str, schema: Json) -> Json:
    return {"description": description, "content": {content_type: {"schema": schema}}}
