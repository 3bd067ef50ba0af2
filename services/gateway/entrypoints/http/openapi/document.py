"""The document: OpenAPI 3.1 of every path that the gateway serves, made from the tables that it serves them by."""

import json
from collections.abc import Mapping

from services.gateway.domain.dialect import Dialect
from services.gateway.entrypoints.http.headers import KEYS, REQUEST_HEADERS, RESPONSE_HEADERS
from services.gateway.entrypoints.http.openapi import open_pages, rpcs
from services.gateway.entrypoints.http.openapi.failures import Failures
from services.gateway.entrypoints.http.openapi.operations import ANTHROPIC_TAG, MODELS_TAG, OPENAI_TAG, Operations
from services.gateway.entrypoints.http.openapi.schemas import Json, Schemas

CONTRACT_VERSION = "1.0.0"
"""Of the HTTP API, not of the software: additions raise the minor number; nothing else is allowed."""


def document(chats: Mapping[str, Dialect]) -> Json:
    """The document; `chats`: where models are asked, and in which dialect."""
    schemas = Schemas()
    failures = Failures(schemas)
    operations = Operations(schemas, failures)
    paths = {
        **{path: {"post": operations.asking(dialect)} for path, dialect in chats.items()},
        **operations.kept(),
        **operations.models(),
        **rpcs.paths(schemas, failures),
        **open_pages.paths(schemas),
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Seawall",
            "version": CONTRACT_VERSION,
            "description": "One API before every AI vendor: models are asked in OpenAI's shape or in Anthropic's, and"
            " what is set and what happened is asked for by RPCs as JSON.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"apiKey": []}],
        "tags": [
            {"name": OPENAI_TAG},
            {"name": ANTHROPIC_TAG},
            {"name": MODELS_TAG},
            *rpcs.tags(),
            {"name": open_pages.HEALTH_TAG},
            {"name": open_pages.DOCUMENTS_TAG},
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A key, `sw_…`."},
                "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same key."},
            },
            "parameters": {
                header.name: {"name": header.name, "in": "header", "description": header.means, "schema": header.schema}
                for header in REQUEST_HEADERS
                if header.name not in KEYS
            },
            "headers": {
                header.name: {"description": header.means, "schema": header.schema} for header in RESPONSE_HEADERS
            },
            "responses": failures.components,
            "schemas": dict(sorted(schemas.components.items())),
        },
    }


def render(chats: Mapping[str, Dialect]) -> str:
    """The document as JSON text, as it is committed and served."""
    return json.dumps(document(chats), indent=1, ensure_ascii=False) + "\n"
