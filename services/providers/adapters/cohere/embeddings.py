"""Cohere's embeddings for callers of OpenAI's dialect: docs.cohere.com/reference/embed."""

from collections.abc import Sequence

import msgspec

from resilience.errors import Reason
from services.providers.adapters.cohere.errors import reason_of
from services.providers.adapters.foreign_embeddings import Asked, ForeignEmbeddings
from services.providers.adapters.vendor_body import OK
from services.providers.domain.answer import Usage
from services.providers.domain.failure import VendorFailure

PATH = "/embed"
INPUT_TYPE = "search_document"
"""What texts are embedded for where the caller does not say; Cohere wants to know, OpenAI has no word for it."""


class _Embeddings(msgspec.Struct, gc=False):
    numbers: list[msgspec.Raw] | None = msgspec.field(default=None, name="float")
    base64: list[msgspec.Raw] | None = None


class _Billed(msgspec.Struct, gc=False):
    input_tokens: float | None = None


class _Meta(msgspec.Struct, gc=False):
    billed_units: _Billed | None = None


class _Embedded(msgspec.Struct, gc=False):
    embeddings: _Embeddings | None = None
    meta: _Meta | None = None
    message: str | None = None
    """Of an error."""


_decoder = msgspec.json.Decoder(_Embedded)


class CohereEmbeddings(ForeignEmbeddings):
    """See Dialect."""

    own = frozenset({"input_type", "truncate", "max_tokens", "priority"})

    def written(self, asked: Asked) -> tuple[str, dict[str, object]]:
        """See ForeignEmbeddings."""
        body: dict[str, object] = {"model": asked.model, "texts": asked.texts, "input_type": INPUT_TYPE}
        body["embedding_types"] = ["base64" if asked.packed else "float"]
        if asked.dimensions is not None:
            body["output_dimension"] = asked.dimensions
        return PATH, {**body, **asked.own}

    def read(self, body: bytes, asked: Asked) -> tuple[Sequence[msgspec.Raw], Usage | None]:
        """See ForeignEmbeddings."""
        said = _decoder.decode(body)
        if said.message is not None:
            raise VendorFailure(reason_of(OK, body), status=OK, body=body)
        vectors = said.embeddings and (said.embeddings.base64 if asked.packed else said.embeddings.numbers)
        if not vectors:
            raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no embeddings.", status=OK)
        billed = said.meta.billed_units if said.meta is not None else None
        told = billed.input_tokens if billed is not None else None
        return vectors, None if told is None else Usage(round(told))
