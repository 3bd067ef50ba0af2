"""Mistral's embeddings: the vectors that OpenAI's endpoint has, of its own length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from simulator.answers import Answer, Question
from simulator.delivery import Rendered
from simulator.dialects.mistral.chunks import Strict
from simulator.dialects.mistral.endpoint import EMBEDDINGS_PATH, MistralEndpoint
from simulator.dialects.mistral.render import usage
from simulator.dialects.mistral.request import read_body
from simulator.dialects.texts import count_tokens
from simulator.dialects.vectors import encoded, vector
from simulator.functions import Answers
from simulator.listener import Scope
from simulator.recorder import Call

DIMENSIONS, MOST_DIMENSIONS = 1024, 3072
"""Of mistral-embed, and of codestral-embed."""


class EmbeddingsRequest(Strict):
    """A request for vectors."""

    model: str = ""
    input: (
        Annotated[str, Field(min_length=1)] | Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    )
    metadata: dict[str, Any] | None = None
    output_dimension: Annotated[int, Field(ge=1, le=MOST_DIMENSIONS)] | None = None
    output_dtype: Literal["float"] = "float"
    encoding_format: Literal["float", "base64"] = "float"

    @property
    def streams(self) -> bool:
        """It is not streamed."""
        return False

    @property
    def prefix(self) -> str:
        """Nothing is begun."""
        return ""

    @property
    def inputs(self) -> Sequence[str]:
        """What is to be embedded."""
        return [self.input] if isinstance(self.input, str) else self.input

    def question(self, answers: Answers) -> Question:  # noqa: ARG002 - nothing is said
        """What is asked, of which only the size counts: nothing is answered in words."""
        return Question(asked="", prompt_tokens=sum(map(count_tokens, self.inputs)), limit=0)


class EmbeddingsApp(MistralEndpoint[EmbeddingsRequest]):
    """The endpoint."""

    chat_path = EMBEDDINGS_PATH

    def read(self, body: bytes, scope: Scope) -> EmbeddingsRequest:  # noqa: ARG002 - a body says all
        """Return the request that names a model."""
        return self.named(read_body(EmbeddingsRequest, body))

    def check(self, request: EmbeddingsRequest, scope: Scope) -> None:
        """Demand nothing more: what a request may say has been read."""

    def render(
        self,
        answers: Sequence[Answer],
        call: Call,
        request: EmbeddingsRequest,
        chunk: int,  # noqa: ARG002 - it is not streamed
        identity: bytes,
    ) -> Rendered:
        """Return the vectors."""
        given = answers[0].prompt_tokens
        size = request.output_dimension or DIMENSIONS
        data = [
            {
                "object": "embedding",
                "embedding": msgspec.Raw(encoded(vector(call.model, text, size), request.encoding_format)),
                "index": index,
            }
            for index, text in enumerate(request.inputs)
        ]
        told = {"object": "list", "id": identity.decode(), "data": data, "model": call.model, "usage": usage(given, 0)}
        return Rendered(False, (msgspec.json.encode(told),), (0,), given)
