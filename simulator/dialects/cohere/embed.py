"""Cohere's embeddings: the same vectors as those of every other dialect.

Source: docs.cohere.com/v2/reference/embed; cohere-ai/cohere-python `types/embed_by_type_response.py`.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import msgspec

from simulator.answers import CHARACTERS_PER_TOKEN, TOKENS_PER_IMAGE, Answer, Question
from simulator.delivery import Rendered
from simulator.dialects.cohere.endpoint import EMBED_PATH, CohereEndpoint, uuid
from simulator.dialects.cohere.request import read
from simulator.dialects.rejected import bad_request
from simulator.dialects.vectors import vector
from simulator.functions import Answers
from simulator.listener import Scope
from simulator.recorder import Call

DIMENSIONS = (256, 512, 1024, 1536)
"""Of embed-v4.0; the last is what it does where nothing is said."""
MOST_TEXTS = 96
_TYPES = ("float", "base64")


class EmbedRequest(msgspec.Struct):
    """A request for vectors."""

    model: str = ""
    input_type: str | None = None
    texts: list[str] | None = None
    images: list[str] | None = None
    inputs: list[dict[str, Any]] | None = None
    embedding_types: list[str] | None = None
    output_dimension: int | None = None
    streams = False
    prefix = ""

    @property
    def given(self) -> list[str]:
        """What is to be embedded, as texts; an image is what it is in base64, and of several parts all together."""
        parts = [msgspec.json.encode(each.get("content")).decode() for each in self.inputs or ()]
        return [*(self.texts or ()), *(self.images or ()), *parts]

    def question(self, answers: Answers) -> Question:  # noqa: ARG002 - nothing is said
        """What is asked, of which only the size counts: nothing is answered in words."""
        words = [*(self.texts or ()), *(msgspec.json.encode(each).decode() for each in self.inputs or ())]
        counted = sum(max(-(-len(text) // CHARACTERS_PER_TOKEN), 1) for text in words)
        return Question(asked="", prompt_tokens=counted + TOKENS_PER_IMAGE * len(self.images or ()), limit=0)


_DECODER = msgspec.json.Decoder(EmbedRequest)


class EmbedApp(CohereEndpoint[EmbedRequest]):
    """The endpoint."""

    chat_path = EMBED_PATH

    def read(self, body: bytes, scope: Scope) -> EmbedRequest:  # noqa: ARG002 - a body says all
        """Return the request that names a model."""
        return self.named(read(_DECODER, body))

    def check(self, request: EmbedRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        if request.input_type is None:
            raise bad_request("invalid request: valid input_type must be provided with the provided model")
        if not request.given:
            raise bad_request("invalid request: one of texts, images or inputs must be given")
        if len(request.given) > MOST_TEXTS:
            raise bad_request(f"invalid request: total number of texts must be at most {MOST_TEXTS}")
        if not all(request.given):
            raise bad_request("invalid request: texts must be at least 1 token long")
        if request.output_dimension not in {None, *DIMENSIONS}:
            raise bad_request(f"invalid request: output_dimension must be one of {DIMENSIONS}")
        if unknown := set(request.embedding_types or ()) - {*_TYPES}:
            raise bad_request(f"invalid request: embedding_types {sorted(unknown)} are not supported by this model")

    def render(
        self,
        answers: Sequence[Answer],
        call: Call,
        request: EmbedRequest,
        chunk: int,  # noqa: ARG002 - it is not streamed
        identity: bytes,
    ) -> Rendered:
        """Return the vectors."""
        given = answers[0].prompt_tokens
        vectors = [vector(call.model, text, request.output_dimension or DIMENSIONS[-1]) for text in request.given]
        embeddings: dict[str, object] = {}
        for kind in request.embedding_types or ("float",):
            embeddings[kind] = [
                base64.b64encode(each.tobytes()).decode() if kind == "base64" else each.tolist() for each in vectors
            ]
        body = {
            "id": uuid(identity),
            "embeddings": embeddings,
            "texts": request.texts or [],
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": given}},
            "response_type": "embeddings_by_type",
        }
        return Rendered(False, (msgspec.json.encode(body),), (0,), given)
