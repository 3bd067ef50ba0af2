"""OpenAI's embeddings: of texts, and of texts in tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from simulator.answers import Answer, Question
from simulator.delivery import Rendered
from simulator.dialects.openai.endpoint import EMBEDDINGS_PATH, OpenAIEndpoint
from simulator.dialects.openai.request import read_body
from simulator.dialects.rejected import bad_request
from simulator.dialects.texts import Text, Texts, count_tokens, texts_in
from simulator.dialects.vectors import encoded, vector
from simulator.functions import Answers
from simulator.listener import Scope
from simulator.recorder import Call

DIMENSIONS, MOST_DIMENSIONS = 1536, 3072
"""Of text-embedding-3-small, and of text-embedding-3-large."""
MOST_INPUTS = 2048
"""https://platform.openai.com/docs/api-reference/embeddings/create."""


class EmbeddingsRequest(msgspec.Struct):
    """A request for vectors."""

    model: str = ""
    input: Texts | None = None
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int, msgspec.Meta(ge=1, le=MOST_DIMENSIONS)] | None = None
    streams = False
    prefix = ""

    @property
    def inputs(self) -> Sequence[Text]:
        """What is to be embedded."""
        return texts_in(self.input or "")

    def question(self, answers: Answers) -> Question:  # noqa: ARG002 - nothing is said
        """What is asked, of which only the size counts: nothing is answered in words."""
        return Question(asked="", prompt_tokens=sum(map(count_tokens, self.inputs)), limit=0)


_DECODER = msgspec.json.Decoder(EmbeddingsRequest)


class EmbeddingsApp(OpenAIEndpoint[EmbeddingsRequest]):
    """The endpoint."""

    chat_path = EMBEDDINGS_PATH
    prompt_field = "input"

    def decode(self, body: bytes) -> EmbeddingsRequest:
        """Return the request that a body is."""
        return read_body(_DECODER, body)

    def check(self, request: EmbeddingsRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        if request.input is None:
            raise bad_request("Missing required parameter: 'input'.", "input", "missing_required_parameter")
        if not all(request.inputs):
            raise bad_request("'input' cannot be an empty string or an empty array.", "input")
        if len(request.inputs) > MOST_INPUTS:
            raise bad_request(f"'input' has more than {MOST_INPUTS} elements.", "input")

    def render(
        self,
        answers: Sequence[Answer],
        call: Call,
        request: EmbeddingsRequest,
        chunk: int,  # noqa: ARG002 - it is not streamed
        identity: bytes,  # noqa: ARG002 - it has no id
    ) -> Rendered:
        """Return the vectors."""
        given = answers[0].prompt_tokens
        size = request.dimensions or DIMENSIONS
        data = b",".join(
            b'{"object":"embedding","index":%d,"embedding":%b}'
            % (index, encoded(vector(call.model, one, size), request.encoding_format))
            for index, one in enumerate(request.inputs)
        )
        body = b'{"object":"list","data":[%b],"model":%b,"usage":{"prompt_tokens":%d,"total_tokens":%d}}'
        return Rendered(False, (body % (data, self.quote(call.model), given, given),), (0,), given)
