"""What is passed through to Anthropic and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Failure, Reason
from services.providers.adapters.anthropic.dialect import AnthropicDialect
from services.providers.adapters.anthropic.requests import message_request
from services.providers.adapters.continuation import GO_ON
from services.providers.domain.answer import Usage
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from tests.unit.providers.reading import ANY

DIALECT = AnthropicDialect(max_event=10_000)
MESSAGES = [{"role": "user", "content": "hi"}]
PREFILLS = "claude-sonnet-4-5"
REFUSES_PREFILL = "claude-opus-5"


def sent(body: dict[str, object], *, model: str = "m", stream: bool = False, prefix: str = "") -> dict[str, object]:
    request = message_request(json.dumps(body).encode(), model, stream=stream, prefix=prefix)
    assert request.path == "/messages"
    said = json.loads(request.body)
    assert isinstance(said, dict)
    return said


def test_an_envelope_is_asked_for_its_model() -> None:
    envelope = Envelope(
        "r", 1, "acme", "claude", "claude-x", b'{"model":"chat","x":1}', "", None, "", CallerDialect.ANTHROPIC_MESSAGES
    )
    assert json.loads(DIALECT.request(envelope, stream=True).body) == {"model": "claude-x", "x": 1, "stream": True}


def test_a_secret_is_shown_as_anthropic_wants_it() -> None:
    assert DIALECT.authenticate("k", "", b"") == (("x-api-key", "k"),)
    assert DIALECT.authenticate(None, "", b"") == ()


def headers_for(told: dict[str, str]) -> dict[str, str]:
    envelope = Envelope("r", 1, "a", "claude", "m", b"{}", "", None, "", CallerDialect.ANTHROPIC_MESSAGES, headers=told)
    return dict(DIALECT.request(envelope, stream=False).headers)


def test_the_callers_version_and_betas_are_told() -> None:
    assert headers_for({}) == {"anthropic-version": "2023-06-01"}
    told = {"anthropic-version": "2026-10-21", "anthropic-beta": "context-1m-2025-08-07,files-api-2025-04-14"}
    assert headers_for(told) == told
    assert headers_for({"x-other": "y"}) == {"anthropic-version": "2023-06-01"}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text().filter(lambda name: name not in {"model", "stream"}), json_values, max_size=6))
def test_unknown_fields_survive_byte_for_byte(fields: dict[str, object]) -> None:
    parts = [json.dumps(name) + " : " + json.dumps(value, indent=1) for name, value in fields.items()]
    body = "{" + ",".join(['"model":"chat"', *parts]) + "}"
    written = message_request(body.encode("utf-8"), "m", stream=True).body
    assert json.loads(written) == {"model": "m", **fields, "stream": True}
    for value in fields.values():
        assert json.dumps(value, indent=1).encode() in written


def test_blocks_of_server_tools_survive_as_they_are() -> None:
    messages = [
        {"role": "assistant", "content": [{"type": "server_tool_use", "id": "srvtoolu_1", "input": {"q": 1.50}}]}
    ]
    tools = [{"type": "web_search_20260318", "name": "web_search", "max_uses": 5}]
    assert sent({"messages": messages, "tools": tools}) == {"model": "m", "messages": messages, "tools": tools}


def test_a_body_that_needs_no_change_is_sent_as_it_is() -> None:
    body = b'{ "model" : "m",  "stream":true, "x":1.0 }'
    assert message_request(body.replace(b'"model" : ', b'"model":'), "m", stream=True).body == body.replace(
        b'"model" : ', b'"model":'
    )


def test_the_envelope_decides_over_streaming() -> None:
    assert sent({"stream": True}) == {"model": "m", "stream": False}
    assert sent({"stream": False}, stream=True) == {"model": "m", "stream": True}
    assert sent({}) == {"model": "m"}


def test_an_answer_is_gone_on_with_after_what_it_says_already() -> None:
    said = sent({"messages": MESSAGES}, model=PREFILLS, prefix="Once upon \n")
    assert said["messages"] == [*MESSAGES, {"role": "assistant", "content": "Once upon"}]


@pytest.mark.parametrize(("model", "thinking"), [(REFUSES_PREFILL, None), (PREFILLS, {"type": "enabled"})])
def test_where_no_answer_can_be_begun_the_model_is_asked_to_go_on(model: str, thinking: object) -> None:
    said = sent({"messages": MESSAGES, "thinking": thinking}, model=model, prefix="Once upon ")
    turns = [{"role": "assistant", "content": "Once upon"}, {"role": "user", "content": GO_ON}]
    assert said["messages"] == [*MESSAGES, *turns]


def test_a_prefix_of_white_space_alone_begins_the_answer_anew() -> None:
    assert sent({"messages": MESSAGES}, model=PREFILLS, prefix=" \n")["messages"] == MESSAGES


@pytest.mark.parametrize("body", [b"[]", b"{", b'"x"', b"\xff", b""])
def test_a_body_that_is_no_object_is_the_callers_fault(body: bytes) -> None:
    with pytest.raises(Failure) as failed:
        message_request(body, "m", stream=False)
    assert failed.value.reason is Reason.INVALID_REQUEST


def test_a_prefix_needs_messages_to_come_after() -> None:
    with pytest.raises(Failure) as failed:
        message_request(b"{}", "m", stream=False, prefix="x")
    assert failed.value.detail == {"param": "messages"}


WHOLE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "text", "text": "hi", "of_tomorrow": [1]}],
    "stop_reason": "max_tokens",
    "usage": {"input_tokens": 1, "cache_read_input_tokens": 10, "cache_creation_input_tokens": 100, "output_tokens": 4},
}


def test_a_whole_answer_is_passed_on_byte_for_byte() -> None:
    body = json.dumps(WHOLE, indent=2).encode()
    answer = DIALECT.answer(ANY, body, "req_1")
    assert (answer.body, answer.finish_reason, answer.vendor_request_id) == (body, "length", "req_1")
    assert answer.usage == Usage(111, 4, 10, 0, 100)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", Reason.VENDOR_MALFORMED),
        (b"[]", Reason.VENDOR_MALFORMED),
        (b"<html>", Reason.VENDOR_MALFORMED),
        (b"{}", Reason.VENDOR_MALFORMED),
        (json.dumps({**WHOLE, "content": None}).encode(), Reason.VENDOR_MALFORMED),
        (json.dumps({**WHOLE, "type": "completion"}).encode(), Reason.VENDOR_MALFORMED),
        (json.dumps(WHOLE).encode().replace(b'"hi"', b'"\xff"'), Reason.VENDOR_MALFORMED),
        (json.dumps({**WHOLE, "stop_reason": None}).encode(), Reason.VENDOR_STREAM_CUT),
        (b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}', Reason.VENDOR_OVERLOADED),
    ],
)
def test_what_is_no_answer_is_no_success(body: bytes, reason: Reason) -> None:
    with pytest.raises(VendorFailure) as failed:
        DIALECT.answer(ANY, body, "")
    assert failed.value.reason is reason
