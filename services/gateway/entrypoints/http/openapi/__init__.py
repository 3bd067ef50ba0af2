"""The OpenAPI document of the gateway's HTTP side, made from the code: see document()."""

from services.gateway.entrypoints.http.openapi.document import document, render

__all__ = ["document", "render"]
