"""Gemini's own dialect, sent as it is."""

import json

import pytest

from resilience.errors import Failure, Reason
from services.providers.adapters.gemini.dialect import GeminiDialect
from services.providers.adapters.gemini.requests import gemini_request, path_of
from services.providers.domain.envelope import Envelope

DIALECT = GeminiDialect(max_event=10_000)


def test_the_key_is_in_a_header() -> None:
    assert DIALECT.authenticate("AIza", "", b"") == (("x-goog-api-key", "AIza"),)
    assert DIALECT.authenticate(None, "", b"") == ()


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-2.5-flash", "/models/gemini-2.5-flash:generateContent"),
        ("models/gemini-2.5-flash", "/models/gemini-2.5-flash:generateContent"),
        ("tunedModels/mine", "/tunedModels/mine:generateContent"),
        ("../files?key=a#b", "/models/..%2Ffiles%3Fkey%3Da%23b:generateContent"),
        ("models/../../x", "/models/..%2F..%2Fx:generateContent"),
    ],
)
def test_the_model_is_in_the_path_and_cannot_lead_out_of_it(model: str, path: str) -> None:
    assert path_of(model, stream=False) == path
    assert path_of(model, stream=True) == path.replace(":generate", ":streamGenerate") + "?alt=sse"


def test_a_body_is_not_written_anew() -> None:
    body = b'{ "contents":[], "new":1.0 , "generationConfig":{"candidateCount":3} }'
    envelope = Envelope("r", 1, "o", "p", "gemini-2.5-flash", body, "", None, "")
    request = DIALECT.request(envelope, stream=True)
    assert request.body is body
    assert (request.path, request.choices) == ("/models/gemini-2.5-flash:streamGenerateContent?alt=sse", 3)


def test_a_prefix_is_a_last_turn_and_everything_else_stays() -> None:
    body = b'{"contents":[ {"parts":[{"text":"hi","x":1.0}]} ],"y":1e2}'
    sent = gemini_request(body, "m", stream=False, prefix="so").body
    assert sent == (
        b'{"contents":[ {"parts":[{"text":"hi","x":1.0}]},{"role":"model","parts":[{"text":"so"}]}],"y":1e2}'
    )
    assert json.loads(gemini_request(b'{"contents":[]}', "m", stream=False, prefix="so").body)["contents"] == [
        {"role": "model", "parts": [{"text": "so"}]}
    ]


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"a":1', b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Failure) as told:
        gemini_request(body, "m", stream=False, prefix="")
    assert told.value.reason is Reason.INVALID_REQUEST


@pytest.mark.parametrize("body", [b"{}", b'{"contents":null}', b'{"contents":"a"}'])
def test_a_prefix_needs_contents_to_follow(body: bytes) -> None:
    with pytest.raises(Failure) as told:
        gemini_request(body, "m", stream=False, prefix="so")
    assert told.value.reason is Reason.INVALID_REQUEST
