"""Embeddings for callers of OpenAI's dialect, by a vendor that embeds in another: what any such translation shares."""

import base64
from abc import ABC, abstractmethod
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from resilience.errors import Failure, Reason
from services.providers.adapters.beside import Unstreamed, not_streamed
from services.providers.adapters.caller_body import invalid, read_body, read_fields
from services.providers.adapters.vendor_body import OK, UNREADABLE
from services.providers.application.ports import VendorRequest
from services.providers.domain.answer import Answer, Usage
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from services.providers.domain.losses import Losses

_encode = msgspec.json.Encoder().encode
_numbers = msgspec.json.Decoder(list[float]).decode


class _Body(msgspec.Struct):
    input: str | list[str | int | list[int]]
    dimensions: int | None = None
    encoding_format: Literal["float", "base64"] | None = None


_decoder = msgspec.json.Decoder(_Body)
_KNOWN = frozenset({"model", "input", "dimensions", "encoding_format"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller wants embedded. `packed`: as base64 of 32-bit numbers. `own`: fields of the vendor's own."""

    model: str
    texts: Sequence[str]
    dimensions: int | None
    packed: bool
    own: dict[str, msgspec.Raw]


class EmbeddingsRequest(VendorRequest, frozen=True, kw_only=True):
    """A request in the vendor's dialect, and what it asks."""

    asked: Asked


class ForeignEmbeddings(Unstreamed, ABC):
    """See Dialect. `own`: names of the vendor's own fields, which pass as callers write them."""

    own: frozenset[str] = frozenset()

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """See Dialect. Raises Failure(UNSUPPORTED_BY_TARGET) too."""
        if stream:
            raise not_streamed()
        target = f"{envelope.provider}/{envelope.model}"
        read, losses = read_body(_decoder, envelope.body), Losses(target, envelope.unsupported)
        fields = read_fields(envelope.body)
        for name in fields:
            if name not in _KNOWN | self.own:
                losses.hint(name)
        own = {name: value for name, value in fields.items() if name in self.own}
        texts = _texts(read.input, target)
        asked = Asked(envelope.model, texts, read.dimensions, read.encoding_format == "base64", own)
        path, body = self.written(asked)
        return EmbeddingsRequest(path, _encode(body), dropped=tuple(losses.dropped), asked=asked)

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:
        """See Dialect."""
        assert isinstance(request, EmbeddingsRequest), "made by this class"  # noqa: S101
        asked = request.asked
        try:
            str(body, "utf-8")
            vectors, usage = self.read(body, asked)
            data = [
                {"object": "embedding", "index": index, "embedding": _vector(vector, packed=asked.packed)}
                for index, vector in enumerate(vectors)
            ]
        except (*UNREADABLE, OverflowError):
            raise VendorFailure(Reason.VENDOR_MALFORMED, status=OK) from None
        if len(data) != len(asked.texts):
            why = f"The vendor embedded {len(data)} of {len(asked.texts)} texts."
            raise VendorFailure(Reason.VENDOR_MALFORMED, why=why, status=OK)
        said: dict[str, object] = {"object": "list", "data": data, "model": asked.model}
        if usage is not None:
            said["usage"] = {"prompt_tokens": usage.input_tokens, "total_tokens": usage.input_tokens}
        return Answer(_encode(said), usage=usage, vendor_request_id=vendor_request_id)

    @abstractmethod
    def written(self, asked: Asked) -> tuple[str, dict[str, object]]:
        """The path and the body for the vendor."""

    @abstractmethod
    def read(self, body: bytes, asked: Asked) -> tuple[Sequence[msgspec.Raw], Usage | None]:
        """The vectors, numbers or base64, and what they used. Raises VendorFailure, or what msgspec does."""


def _texts(given: str | list[str | int | list[int]], target: str) -> Sequence[str]:
    if isinstance(given, str):
        return [given]
    texts = [one for one in given if isinstance(one, str)]
    if not given:
        raise invalid("There is nothing to embed", "input")
    if len(texts) != len(given):
        # No policy can drop them: they are all that is asked.
        raise Failure(Reason.UNSUPPORTED_BY_TARGET, f"{target} embeds texts, not tokens.", detail={"param": "input"})
    return texts


def _vector(vector: msgspec.Raw, *, packed: bool) -> object:
    """As the caller wants it; what it is already is not read. Raises msgspec.DecodeError."""
    written = bytes(vector)
    if not written.startswith((b"[", b'"')):
        raise msgspec.DecodeError
    if packed and written.startswith(b"["):
        return base64.b64encode(array("f", _numbers(vector)).tobytes()).decode()
    return vector
