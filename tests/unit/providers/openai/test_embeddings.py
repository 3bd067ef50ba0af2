"""Embeddings of OpenAI's wire format: what is asked, what is an answer, and who has none."""

import json

import pytest

from resilience.errors import Failure, Reason
from services.providers.adapters.openai.dialect import OpenAIDialect
from services.providers.adapters.openai.embeddings import EmbeddingsDialect
from services.providers.domain.answer import Usage
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from tests.unit.providers.reading import ANY

DIALECT = EmbeddingsDialect(OpenAIDialect(max_event=1000))


def envelope(body: bytes) -> Envelope:
    return Envelope("r", 1, "acme", "alpha", "up", body, "", None, "", CallerDialect.OPENAI_EMBEDDINGS)


def header(name: str) -> str:
    return ""


def test_the_model_is_renamed_and_every_other_byte_stays() -> None:
    body = b'{"model":"vectors","input":["a" ,"b"], "encoding_format":"base64","brand_new":{"x" : 1}}'
    request = DIALECT.request(envelope(body), stream=False)
    assert request.path == "/embeddings"
    assert json.loads(request.body) == {**json.loads(body), "model": "up"}
    assert b'["a" ,"b"]' in request.body
    assert b'{"x" : 1}' in request.body


def test_a_body_with_the_vendors_model_is_sent_as_it_is() -> None:
    body = b' {"model": "up"}'
    assert DIALECT.request(envelope(body), stream=False).body is body


@pytest.mark.parametrize("vector", ["[0.5, -1]", '"AACAPw=="'])
@pytest.mark.parametrize("usage", ['{"prompt_tokens":7,"total_tokens":7}', '{"total_tokens":7}'])
def test_vectors_are_an_answer_and_all_that_is_used_is_input(vector: str, usage: str) -> None:
    body = f'{{"object":"list","data":[{{"index":0,"embedding":{vector}}}],"usage":{usage}}}'.encode()
    answer = DIALECT.answer(ANY, body, "v1")
    assert (answer.body, answer.usage, answer.vendor_request_id) == (body, Usage(7), "v1")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"data":[]}', Reason.VENDOR_MALFORMED),
        (b'{"data":[{"index":0}]}', Reason.VENDOR_MALFORMED),
        (b'{"data":[{"embedding":[1]},{"embedding":null}]}', Reason.VENDOR_MALFORMED),
        (b'{"data":[{"embedding":"\xff"}]}', Reason.VENDOR_MALFORMED),
        (b'{"data":[{"embedding":[1', Reason.VENDOR_MALFORMED),
        (b'{"error":{"code":"rate_limit_exceeded","message":"x"}}', Reason.VENDOR_RATE_LIMITED),
    ],
)
def test_what_has_no_vectors_is_a_failure(body: bytes, reason: Reason) -> None:
    with pytest.raises(VendorFailure) as failed:
        DIALECT.answer(ANY, body, "")
    assert failed.value.reason is reason


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, b'{"error":{"message":"You are not allowed to generate embeddings from this model"}}', None),
        (404, b'{"detail":"Not Found"}', None),
        (404, b'{"error":{"message":"Invalid URL (POST /v1/embeddings)","type":"invalid_request_error"}}', None),
        (501, b'{"error":{"code":501,"message":"This server does not support embeddings."}}', None),
        (404, b'{"error":{"message":"The model `x` does not exist"}}', Reason.VENDOR_MODEL_NOT_FOUND),
        (403, b'{"error":{"message":"no"}}', Reason.VENDOR_AUTHENTICATION),
        (500, b"", Reason.VENDOR_ERROR),
    ],
)
def test_a_target_that_cannot_embed_says_so_in_its_errors(status: int, body: bytes, reason: Reason | None) -> None:
    assert DIALECT.reason(status, body, header) is (reason or Reason.UNSUPPORTED_BY_TARGET)


def test_nothing_is_streamed() -> None:
    with pytest.raises(Failure) as refused:
        DIALECT.request(envelope(b"{}"), stream=True)
    assert refused.value.reason is Reason.INVALID_REQUEST
