"""Errors in OpenAI's shape, with what Seawall adds: the request's id, the reason's page, the vendor's words."""

import json

from services.gateway.domain.dialect import Told


def error(told: Told) -> tuple[int, bytes]:
    """See Dialect.error."""
    error: dict[str, object] = {
        "message": told.message,
        "type": told.kind,
        "param": told.param,
        "code": told.reason,
        "request_id": told.request_id,
        "doc_url": told.page,
    }
    if told.vendor is not None:
        error["vendor"] = told.vendor
    return told.status, json.dumps({"error": error}).encode()
