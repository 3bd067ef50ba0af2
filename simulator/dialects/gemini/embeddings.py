"""Google's vectors, as a list of numbers each: of one content, of several, and as Vertex AI predicts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from simulator.answers import Answer, Question
from simulator.delivery import Rendered
from simulator.dialects.gemini.content import Content, Message
from simulator.dialects.gemini.endpoint import GeminiEndpoint
from simulator.dialects.gemini.payload import read_payload
from simulator.dialects.rejected import bad_request
from simulator.dialects.texts import count_tokens
from simulator.dialects.vectors import vector
from simulator.functions import Answers
from simulator.listener import Scope
from simulator.recorder import Call

# https://ai.google.dev/gemini-api/docs/embeddings: of gemini-embedding-001, which has at most as many.
DIMENSIONS = 3072
MOST_INPUTS = 100
_MESSAGES = {
    "embedContent": "EmbedContentRequest",
    "batchEmbedContents": "BatchEmbedContentsRequest",
    "predict": "PredictRequest",
}


class Asked(Message):
    """One text that is to be embedded; `text` of a content."""

    content: Content | None = None
    output_dimensionality: int | None = None
    model: str = ""

    @property
    def text(self) -> str:
        """The text."""
        return self.content.text if self.content is not None else ""


class EmbeddingsRequest(msgspec.Struct):
    """A request for vectors, by whichever `method` it came."""

    model: str
    method: str
    asked: list[Asked]
    streams = False
    prefix = ""

    def question(self, answers: Answers) -> Question:  # noqa: ARG002 - nothing is said
        """What is asked, of which only the size counts: nothing is answered in words."""
        return Question(asked="", prompt_tokens=sum(count_tokens(each.text) for each in self.asked), limit=0)


class EmbeddingsApp(GeminiEndpoint[EmbeddingsRequest]):
    """The endpoints."""

    methods = frozenset(_MESSAGES)

    def read(self, body: bytes, scope: Scope) -> EmbeddingsRequest:
        """Return the request; the path names its model."""
        place = self.place(scope)
        payload = read_payload(body, _MESSAGES[place.method])
        match place.method:
            case "embedContent":
                each = [payload | payload.pop("embedContentConfig", {})]
            case "batchEmbedContents":
                each = [one | one.pop("embedContentConfig", {}) for one in payload.get("requests", [])]
            case _:
                each = _instances(payload)
        return EmbeddingsRequest(place.model, place.method, msgspec.convert(each, list[Asked]))

    def check(self, request: EmbeddingsRequest, scope: Scope) -> None:  # noqa: ARG002 - no header has a say
        """Demand what the API demands."""
        if not request.asked:
            raise bad_request("* BatchEmbedContentsRequest.requests: at least one request is required\n", "requests")
        if len(request.asked) > MOST_INPUTS:
            raise bad_request(
                f"* BatchEmbedContentsRequest.requests: at most {MOST_INPUTS} requests can be in one batch\n",
                "requests",
            )
        is_batch = request.method == "batchEmbedContents"
        for number, each in enumerate(request.asked):
            at = f"requests[{number}]." if is_batch else ""
            if is_batch and not self.surface.is_vertex and each.model.removeprefix("models/") != request.model:
                raise bad_request("* BatchEmbedContentsRequest.model: model must match in all requests\n", f"{at}model")
            if not each.text:
                raise bad_request("* EmbedContentRequest.content: content is empty\n", f"{at}content")
            if not 1 <= (each.output_dimensionality or DIMENSIONS) <= DIMENSIONS:
                raise bad_request(
                    f"* EmbedContentRequest.output_dimensionality: must be from 1 to {DIMENSIONS}\n",
                    f"{at}output_dimensionality",
                )

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
        body = _body(request, call.model, given)
        return Rendered(False, (msgspec.json.format(msgspec.json.encode(body), indent=2) + b"\n",), (0,), given)


def _instances(payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    size = payload.get("parameters", {}).get("outputDimensionality")
    return [
        {"content": {"parts": [{"text": each.get("content", "")}]}, "outputDimensionality": size}
        for each in payload.get("instances", [])
    ]


def _body(request: EmbeddingsRequest, model: str, given: int) -> dict[str, object]:
    values = [
        {"values": vector(model, each.text, each.output_dimensionality or DIMENSIONS).tolist()}
        for each in request.asked
    ]
    used = {"usageMetadata": {"promptTokenCount": given}}
    if request.method == "embedContent":
        return {"embedding": values[0], **used}
    if request.method == "batchEmbedContents":
        return {"embeddings": values, **used}
    counted = [
        {"embeddings": {**value, "statistics": {"truncated": False, "token_count": count_tokens(each.text)}}}
        for value, each in zip(values, request.asked, strict=True)
    ]
    return {
        "predictions": counted,
        "metadata": {"billableCharacterCount": sum(len(each.text) for each in request.asked)},
    }
