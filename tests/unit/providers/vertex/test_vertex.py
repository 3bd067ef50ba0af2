"""Vertex AI: what it differs in from the Gemini API."""

import base64
import json
from array import array
from typing import Any

import pytest

from resilience.clock import VirtualClock
from resilience.errors import Failure, Reason
from services.providers.adapters.vendors import known_vendors
from services.providers.application.ports import VendorRequest
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from services.providers.domain.provider import ProviderDefinition

VERTEX = known_vendors(max_event=100_000, now=VirtualClock().now)["vertex"].of(
    ProviderDefinition("acme", "main", "vertex", "", (), region="us-central1", cloud_project="ours")
)
EMBEDDINGS = VERTEX.spoken_to(CallerDialect.OPENAI_EMBEDDINGS)
CHAT = VERTEX.spoken_to(CallerDialect.OPENAI_CHAT)


def chat(*content: dict[str, Any], stream: bool = False) -> VendorRequest:
    body = json.dumps({"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": content}]})
    envelope = Envelope("r", 1, "acme", "main", "gemini-2.5-flash", body.encode(), "", None, "")
    return CHAT.request(envelope, stream=stream)


def embed(**said: Any) -> VendorRequest:
    body = json.dumps({"model": "chat", **said}).encode()
    caller = CallerDialect.OPENAI_EMBEDDINGS
    return EMBEDDINGS.request(
        Envelope("r", 1, "acme", "main", "text-embedding-005", body, "", None, "", caller), stream=False
    )


def test_a_chat_is_asked_below_its_publisher_and_every_turn_has_its_role() -> None:
    asked = chat({"type": "text", "text": "Hi"})
    assert (VERTEX.base_url + asked.path) == (
        "https://us-central1-aiplatform.googleapis.com/v1/projects/ours/locations/us-central1/publishers/google"
        "/models/gemini-2.5-flash:generateContent"
    )
    assert json.loads(asked.body) == {
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
        "systemInstruction": {"parts": [{"text": "Be kind."}]},
    }
    assert chat({"type": "text", "text": "Hi"}, stream=True).path.endswith(":streamGenerateContent?alt=sse")


def test_an_api_key_is_shown_as_it_is() -> None:
    assert VERTEX.grant("AIzaSy-some-key") is None
    assert CHAT.authenticate("AIzaSy-some-key", "https://v", b"") == (("x-goog-api-key", "AIzaSy-some-key"),)


def test_it_fetches_what_is_in_google_s_storage_and_has_no_files_of_its_own() -> None:
    image = {"type": "image_url", "image_url": {"url": "gs://bucket/cat.png"}}
    (turn,) = json.loads(chat(image).body)["contents"]
    assert turn["parts"] == [{"fileData": {"fileUri": "gs://bucket/cat.png", "mimeType": "image/png"}}]
    with pytest.raises(Failure) as refused:
        chat({"type": "image_url", "image_url": {"url": "files/abc-123"}})
    assert refused.value.reason is Reason.UNSUPPORTED_BY_TARGET


def test_texts_are_embedded_by_predict_an_instance_each() -> None:
    asked = embed(input=["a", "b"], dimensions=3, task_type="RETRIEVAL_QUERY", title="t", autoTruncate=False)
    assert asked.path == "/models/text-embedding-005:predict"
    assert json.loads(asked.body) == {
        "instances": [{"content": text, "task_type": "RETRIEVAL_QUERY", "title": "t"} for text in "ab"],
        "parameters": {"outputDimensionality": 3, "autoTruncate": False},
    }
    assert json.loads(embed(input="a").body) == {"instances": [{"content": "a"}]}


def predicted(*vectors: list[float], counts: tuple[int | None, ...]) -> bytes:
    embeddings = [
        {"values": vector} | ({"statistics": {"truncated": False, "token_count": count}} if count is not None else {})
        for vector, count in zip(vectors, counts, strict=True)
    ]
    predictions = [{"embeddings": each} for each in embeddings]
    return json.dumps({"predictions": predictions, "metadata": {"billableCharacterCount": 2}}).encode()


def test_predictions_are_openai_s_embeddings() -> None:
    answer = EMBEDDINGS.answer(embed(input=["a", "b"]), predicted([0.5, -1.0], [0.25, 2.0], counts=(3, 4)), "id-1")
    assert json.loads(answer.body) == {
        "object": "list",
        "model": "text-embedding-005",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [0.5, -1.0]},
            {"object": "embedding", "index": 1, "embedding": [0.25, 2.0]},
        ],
        "usage": {"prompt_tokens": 7, "total_tokens": 7},
    }
    assert answer.usage is not None
    assert answer.usage.input_tokens == 7


def test_predictions_are_packed_where_that_is_asked() -> None:
    asked = embed(input="a", encoding_format="base64")
    answer = EMBEDDINGS.answer(asked, predicted([0.5, -1.0], counts=(1,)), "")
    packed = base64.b64encode(array("f", [0.5, -1.0]).tobytes()).decode()
    assert json.loads(answer.body)["data"][0]["embedding"] == packed


def test_usage_that_is_told_of_some_texts_alone_is_not_told() -> None:
    answer = EMBEDDINGS.answer(embed(input=["a", "b"]), predicted([1.0], [2.0], counts=(3, None)), "")
    assert answer.usage is None
    assert "usage" not in json.loads(answer.body)


@pytest.mark.parametrize("body", [b"{}", b'{"predictions":[]}', b'{"predictions":[{"embeddings":{}}]}', b"[]", b"\xff"])
def test_what_has_no_embeddings_is_no_answer(body: bytes) -> None:
    with pytest.raises(VendorFailure) as failed:
        EMBEDDINGS.answer(embed(input="a"), body, "")
    assert failed.value.reason is Reason.VENDOR_MALFORMED


def error(status: str, message: str, reason: str = "") -> bytes:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return json.dumps({"error": {"code": 1, "message": message, "status": status, "details": details}}).encode()


@pytest.mark.parametrize("caller", [CallerDialect.OPENAI_CHAT, CallerDialect.OPENAI_EMBEDDINGS])
@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        # cloud.google.com/vertex-ai/generative-ai/docs/model-reference/api-errors
        (400, error("INVALID_ARGUMENT", "Please use a valid role: user, model."), Reason.VENDOR_REJECTED),
        (
            400,
            error("INVALID_ARGUMENT", "The input token count is 9 but model only supports up to 8."),
            Reason.CONTEXT_LENGTH_EXCEEDED,
        ),
        (
            401,
            error(
                "UNAUTHENTICATED", "Request had invalid authentication credentials.", "ACCESS_TOKEN_TYPE_UNSUPPORTED"
            ),
            Reason.VENDOR_AUTHENTICATION,
        ),
        (
            403,
            error("PERMISSION_DENIED", "Permission 'aiplatform.endpoints.predict' denied.", "IAM_PERMISSION_DENIED"),
            Reason.VENDOR_AUTHENTICATION,
        ),
        (403, error("PERMISSION_DENIED", "Billing is off.", "BILLING_DISABLED"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (404, error("NOT_FOUND", "Publisher Model `projects/x` was not found."), Reason.VENDOR_MODEL_NOT_FOUND),
        (429, error("RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later."), Reason.VENDOR_RATE_LIMITED),
        (499, error("CANCELLED", "The operation was cancelled."), Reason.VENDOR_ERROR),
        (500, error("INTERNAL", "Internal error encountered."), Reason.VENDOR_ERROR),
        (503, error("UNAVAILABLE", "The service is currently unavailable."), Reason.VENDOR_OVERLOADED),
        (504, error("DEADLINE_EXCEEDED", "Deadline expired."), Reason.VENDOR_TIMEOUT),
    ],
)
def test_its_errors_are_understood(status: int, body: bytes, reason: Reason, caller: CallerDialect) -> None:
    assert VERTEX.spoken_to(caller).reason(status, body, lambda _: "") is reason
