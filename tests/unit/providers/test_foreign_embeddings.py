"""OpenAI's callers whose texts Gemini or Cohere embeds; the vendors' own SDKs read what the tests say they answer."""

import base64
import json
from array import array
from typing import Any

import pytest
from cohere import EmbedByTypeResponse
from google.genai.types import EmbedContentResponse
from openai.types import CreateEmbeddingResponse

from resilience.errors import Failure, Reason
from services.providers.adapters.cohere.dialect import CohereDialect
from services.providers.adapters.cohere.embeddings import CohereEmbeddings
from services.providers.adapters.foreign_embeddings import ForeignEmbeddings
from services.providers.adapters.gemini.dialect import GeminiDialect
from services.providers.adapters.gemini.embeddings import GeminiEmbeddings
from services.providers.application.ports import VendorRequest
from services.providers.domain.answer import Answer, Usage
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from services.providers.domain.losses import Unsupported

COHERE = CohereEmbeddings(CohereDialect(max_event=1000))
GEMINI = GeminiEmbeddings(GeminiDialect(max_event=1000))
FIRST, SECOND = [0.5, -1.0], [0.25, 2.0]


def packed(numbers: list[float]) -> str:
    return base64.b64encode(array("f", numbers).tobytes()).decode()


def cohere_says(form: str) -> dict[str, Any]:
    vectors = [packed(one) for one in (FIRST, SECOND)] if form == "base64" else [FIRST, SECOND]
    meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 7.0}}
    return {"id": "e1", "response_type": "embeddings_by_type", "embeddings": {form: vectors}, "meta": meta}


GEMINI_SAYS = {"embeddings": [{"values": FIRST}, {"values": SECOND}], "usageMetadata": {"promptTokenCount": 7}}


def asked(
    dialect: ForeignEmbeddings, *, unsupported: Unsupported = Unsupported.AUTO, **fields: Any
) -> tuple[VendorRequest, Any]:
    body = json.dumps({"model": "vectors", "input": ["one", "two"], **fields}).encode()
    request = dialect.request(
        Envelope(
            "r", 1, "acme", "up", "m-1", body, "", None, "", CallerDialect.OPENAI_EMBEDDINGS, unsupported=unsupported
        ),
        stream=False,
    )
    return request, json.loads(request.body)


def answered(dialect: ForeignEmbeddings, said: Any, **fields: Any) -> Answer:
    request, _ = asked(dialect, **fields)
    return dialect.answer(request, json.dumps(said).encode(), "v1")


def test_cohere_is_asked_in_its_own_words() -> None:
    request, body = asked(COHERE, dimensions=256, encoding_format="base64", input_type="search_query")
    assert request.path == "/embed"
    assert body == {
        "model": "m-1",
        "texts": ["one", "two"],
        "input_type": "search_query",
        "embedding_types": ["base64"],
        "output_dimension": 256,
    }
    assert asked(COHERE)[1]["input_type"] == "search_document"


def test_gemini_is_asked_for_each_text() -> None:
    request, body = asked(GEMINI, dimensions=256, taskType="RETRIEVAL_QUERY")
    assert request.path == "/models/m-1:batchEmbedContents"
    one, two = body["requests"]
    assert one == {
        "model": "models/m-1",
        "content": {"parts": [{"text": "one"}]},
        "outputDimensionality": 256,
        "taskType": "RETRIEVAL_QUERY",
    }
    assert two["content"] == {"parts": [{"text": "two"}]}


def test_what_is_said_to_be_answered_is_what_the_vendors_sdks_read() -> None:
    read = EmbedByTypeResponse.model_validate(cohere_says("float"))
    assert read.embeddings.float_ == [FIRST, SECOND]
    google = EmbedContentResponse.model_validate(GEMINI_SAYS)
    assert google.embeddings is not None
    assert google.embeddings[0].values == FIRST
    assert google.usage_metadata is not None
    assert google.usage_metadata.prompt_token_count == 7


@pytest.mark.parametrize("form", ["float", "base64"])
@pytest.mark.parametrize("dialect", [COHERE, GEMINI], ids=["cohere", "gemini"])
def test_vectors_are_told_as_openai_tells_them(dialect: ForeignEmbeddings, form: str) -> None:
    said = GEMINI_SAYS if dialect is GEMINI else cohere_says(form)
    answer = answered(dialect, said, encoding_format=form)
    assert (answer.usage, answer.vendor_request_id) == (Usage(7), "v1")
    told = json.loads(answer.body)
    if form == "base64":
        assert [one["embedding"] for one in told["data"]] == [packed(FIRST), packed(SECOND)]
        return
    read = CreateEmbeddingResponse.model_validate(told)
    assert [(one.index, one.embedding) for one in read.data] == [(0, FIRST), (1, SECOND)]
    assert (read.model, read.usage.prompt_tokens, read.usage.total_tokens) == ("m-1", 7, 7)


def test_usage_that_is_not_told_is_not_made_up() -> None:
    answer = answered(GEMINI, {"embeddings": GEMINI_SAYS["embeddings"]})
    assert answer.usage is None
    assert "usage" not in json.loads(answer.body)


def test_what_the_vendor_has_no_word_for_is_told_or_refused() -> None:
    request, body = asked(COHERE, user="me")
    assert request.dropped == ("user",)
    assert "user" not in body
    with pytest.raises(Failure) as refused:
        asked(COHERE, user="me", unsupported=Unsupported.ERROR)
    assert (refused.value.reason, refused.value.detail) == (Reason.UNSUPPORTED_BY_TARGET, {"param": "user"})


@pytest.mark.parametrize("given", [[1, 2], [[1], [2]], ["one", [2]]])
@pytest.mark.parametrize("unsupported", list(Unsupported))
def test_tokens_are_not_embedded_by_who_has_another_tokenizer(given: object, unsupported: Unsupported) -> None:
    with pytest.raises(Failure) as refused:
        asked(GEMINI, input=given, unsupported=unsupported)
    assert refused.value.reason is Reason.UNSUPPORTED_BY_TARGET


@pytest.mark.parametrize("wrong", [{"input": []}, {"input": 5}, {"dimensions": "x"}, {"encoding_format": "binary"}])
def test_a_request_that_is_wrong_names_the_field(wrong: dict[str, Any]) -> None:
    with pytest.raises(Failure) as refused:
        asked(COHERE, **wrong)
    assert (refused.value.reason, refused.value.detail["param"]) == (Reason.INVALID_REQUEST, next(iter(wrong)))


@pytest.mark.parametrize(
    ("dialect", "said", "reason"),
    [
        (COHERE, {"message": "invalid api token"}, None),
        (COHERE, {"id": "e1", "embeddings": {}}, Reason.VENDOR_MALFORMED),
        (COHERE, {"embeddings": {"float": [FIRST]}}, Reason.VENDOR_MALFORMED),
        (GEMINI, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "x"}}, Reason.VENDOR_RATE_LIMITED),
        (GEMINI, {"embeddings": [{"values": FIRST}]}, Reason.VENDOR_MALFORMED),
        (GEMINI, {"embeddings": [{"values": FIRST}, {"values": None}]}, Reason.VENDOR_MALFORMED),
        (GEMINI, {}, Reason.VENDOR_MALFORMED),
        (GEMINI, {"embeddings": "none"}, Reason.VENDOR_MALFORMED),
    ],
)
def test_what_is_no_whole_answer_is_a_failure(dialect: ForeignEmbeddings, said: object, reason: Reason | None) -> None:
    with pytest.raises(VendorFailure) as failed:
        answered(dialect, said)
    assert reason is None or failed.value.reason is reason
