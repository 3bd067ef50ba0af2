"""Typed embeddings of the gRPC API, to the body that goes to a vendor and from the body that comes back."""

import base64
import json
from array import array
from typing import Any

import msgspec
from google.protobuf.json_format import MessageToDict

from resilience.errors import Failure, Reason
from seawall.gateway.v1 import embedding_pb2 as pb
from services.gateway.application.exchange import Exchange
from services.gateway.domain.usage import Usage
from services.gateway.entrypoints.typed_chat import receipt, to_usage

ENCODING = "base64"
"""What is asked of vendors: a quarter of the bytes of decimal numbers, and nothing to parse."""


def to_body(request: pb.EmbedRequest) -> bytes:
    """An OpenAI-shaped body. `extra` fields go beside the typed ones and must not repeat them."""
    kinds = {one.WhichOneof("input") for one in request.inputs}
    if len(kinds) != 1 or None in kinds:
        raise Failure(
            Reason.INVALID_REQUEST, "Inputs are all texts or all tokens, at least one.", detail={"param": "inputs"}
        )
    inputs = [one.text if one.WhichOneof("input") == "text" else list(one.tokens.ids) for one in request.inputs]
    body: dict[str, Any] = {"model": request.model, "input": inputs, "encoding_format": ENCODING}
    if request.HasField("dimensions"):
        body["dimensions"] = request.dimensions
    if request.user:
        body["user"] = request.user
    extra = MessageToDict(request.extra)
    if repeated := sorted(body.keys() & extra.keys()):
        field = f"extra.{repeated[0]}"
        raise Failure(Reason.INVALID_REQUEST, f"{field} has a typed field of its own.", detail={"param": field})
    return json.dumps({**body, **extra}).encode()


class _Vector(msgspec.Struct):
    embedding: str | list[float]
    index: int = 0


class _Embedded(msgspec.Struct):
    data: list[_Vector]
    model: str = ""


_decoder = msgspec.json.Decoder(_Embedded)


def to_response(data: bytes, usage: Usage | None, exchange: Exchange) -> pb.EmbedResponse:
    """The vectors, in the order of the inputs. Raises Failure(VENDOR_MALFORMED)."""
    try:
        said = _decoder.decode(data)
        embeddings = [
            pb.Embedding(values=_values(one.embedding)) for one in sorted(said.data, key=lambda one: one.index)
        ]
    except (msgspec.MsgspecError, ValueError) as error:
        raise Failure(Reason.VENDOR_MALFORMED, "The vendor's answer is not of its dialect.", retryable=True) from error
    return pb.EmbedResponse(model=said.model, embeddings=embeddings, usage=to_usage(usage), receipt=receipt(exchange))


def _values(embedding: str | list[float]) -> "array[float] | list[float]":
    """The numbers of a vector; packed ones are 32-bit, little-endian. Some vendors give numbers whatever is asked."""
    if not isinstance(embedding, str):
        return embedding
    return array("f", base64.b64decode(embedding, validate=True))
