"""Gemini's embeddings for callers of OpenAI's dialect: ai.google.dev/api/embeddings (batchEmbedContents)."""

from collections.abc import Sequence
from typing import Any

import msgspec

from resilience.errors import Reason
from services.providers.adapters.foreign_embeddings import Asked, ForeignEmbeddings
from services.providers.adapters.gemini.errors import failure
from services.providers.adapters.gemini.requests import model_of
from services.providers.adapters.vendor_body import OK
from services.providers.domain.answer import Usage
from services.providers.domain.failure import VendorFailure


class _Values(msgspec.Struct, gc=False):
    values: msgspec.Raw


class _Used(msgspec.Struct, gc=False, rename="camel"):
    prompt_token_count: int | None = None


class _Embedded(msgspec.Struct, gc=False, rename="camel"):
    embeddings: list[_Values] | None = None
    usage_metadata: _Used | None = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Embedded)


class GeminiEmbeddings(ForeignEmbeddings):
    """See Dialect."""

    own = frozenset({"taskType", "title"})

    def written(self, asked: Asked) -> tuple[str, dict[str, object]]:
        """See ForeignEmbeddings. Each text is a request of its own within one."""
        path = model_of(asked.model)
        common: dict[str, object] = {"model": path.removeprefix("/"), **asked.own}
        if asked.dimensions is not None:
            common["outputDimensionality"] = asked.dimensions
        requests = [{**common, "content": {"parts": [{"text": text}]}} for text in asked.texts]
        return f"{path}:batchEmbedContents", {"requests": requests}

    def read(self, body: bytes, asked: Asked) -> tuple[Sequence[msgspec.Raw], Usage | None]:  # noqa: ARG002 - the body says all
        """See ForeignEmbeddings. Vectors are numbers, always."""
        said = _decoder.decode(body)
        if said.error is not None:
            raise failure(OK, body)
        if not said.embeddings:
            raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no embeddings.", status=OK)
        told = said.usage_metadata.prompt_token_count if said.usage_metadata is not None else None
        return [one.values for one in said.embeddings], None if told is None else Usage(told)
