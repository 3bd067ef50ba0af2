"""Where Gemini is asked, and a body in its own dialect: as the caller wrote it, but for the beginning of an answer."""

from typing import Any
from urllib.parse import quote

import msgspec

from services.providers.adapters.caller_body import read_body, read_fields
from services.providers.adapters.continuation import appended
from services.providers.application.ports import VendorRequest

COLLECTIONS = ("models", "tunedModels")
"""Where models are; a name without one of these is in the first."""

_encode = msgspec.json.Encoder().encode


class _Config(msgspec.Struct, gc=False, rename="camel"):
    candidate_count: Any = None


class _Asked(msgspec.Struct, gc=False, rename="camel"):
    generation_config: _Config | None = None


_asked = msgspec.json.Decoder(_Asked)


def path_of(model: str, *, stream: bool) -> str:
    """Below `…/v1beta` of the Gemini API, and below `…/publishers/google` of Vertex AI."""
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return f"{model_of(model)}:{method}"


def model_of(model: str) -> str:
    """Where a model is. The name may be a caller's own, so nothing in it leads out of its place."""
    collection, slash, name = model.partition("/")
    if not slash or collection not in COLLECTIONS:
        collection, name = COLLECTIONS[0], model
    return f"/{collection}/{quote(name, safe='')}"


def gemini_request(body: bytes, model: str, *, stream: bool, prefix: str) -> VendorRequest:
    """`body` for the vendor, whose model is in its path. Values are copied as they stand, unknown ones included.

    `prefix`: what the answer says already, as a turn of the model's at the end. Raises Failure(INVALID_REQUEST) where
    the body is no JSON object, a field of it is not what it must be, or it has no contents to put a prefix after.
    """
    fields, config = read_fields(body), read_body(_asked, body).generation_config
    if prefix:
        fields["contents"] = appended(
            fields.get("contents"), [{"role": "model", "parts": [{"text": prefix}]}], field="contents"
        )
        body = _encode(fields)
    count = config.candidate_count if config is not None else None
    return VendorRequest(path_of(model, stream=stream), body, count if isinstance(count, int) and count > 0 else 1)
