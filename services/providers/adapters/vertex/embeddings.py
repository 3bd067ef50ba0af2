"""Vertex AI's embeddings for callers of OpenAI's dialect: `predict`, a text an instance.

Source: cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api; googleapis/python-genai
`google/genai/models.py` (`_EmbedContentParametersPrivate_to_vertex`, `_EmbedContentResponse_from_vertex`).
"""

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

OF_INSTANCES = frozenset({"task_type", "title"})
OF_ALL = frozenset({"autoTruncate"})


class _Statistics(msgspec.Struct, gc=False):
    token_count: float | None = None


class _Embedding(msgspec.Struct, gc=False):
    values: msgspec.Raw
    statistics: _Statistics | None = None


class _Prediction(msgspec.Struct, gc=False):
    embeddings: _Embedding


class _Predicted(msgspec.Struct, gc=False):
    predictions: list[_Prediction] | None = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Predicted)


class VertexEmbeddings(ForeignEmbeddings):
    """See Dialect. A model that takes one text at a time says so itself."""

    own = OF_INSTANCES | OF_ALL

    def written(self, asked: Asked) -> tuple[str, dict[str, object]]:
        """See ForeignEmbeddings."""
        each = {name: value for name, value in asked.own.items() if name in OF_INSTANCES}
        parameters: dict[str, object] = {name: value for name, value in asked.own.items() if name in OF_ALL}
        if asked.dimensions is not None:
            parameters["outputDimensionality"] = asked.dimensions
        body: dict[str, object] = {"instances": [{"content": text, **each} for text in asked.texts]}
        if parameters:
            body["parameters"] = parameters
        return f"{model_of(asked.model)}:predict", body

    def read(self, body: bytes, asked: Asked) -> tuple[Sequence[msgspec.Raw], Usage | None]:  # noqa: ARG002 - the body says all
        """See ForeignEmbeddings. Vectors are numbers, always."""
        said = _decoder.decode(body)
        if said.error is not None:
            raise failure(OK, body)
        if not said.predictions:
            raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no embeddings.", status=OK)
        embeddings = [one.embeddings for one in said.predictions]
        counts = [one.statistics.token_count for one in embeddings if one.statistics is not None]
        told = [count for count in counts if count is not None]
        usage = Usage(int(sum(told))) if len(told) == len(embeddings) else None
        return [one.values for one in embeddings], usage
