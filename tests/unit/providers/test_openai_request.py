"""The caller's body with the model renamed, and nothing lost."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Failure, Reason
from services.providers.adapters.openai import requests
from services.providers.adapters.openai.means import OPENAI
from services.providers.application.ports import VendorRequest
from services.providers.domain.losses import Losses

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OURS = {"model", "messages", "stream", "stream_options"}
bodies = st.dictionaries(st.text(max_size=8).filter(lambda name: name not in OURS), values, max_size=6)
fillers = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n\t", " :  ")])


def chat_request(body: bytes, model: str, *, stream: bool, prefix: str = "") -> VendorRequest:
    return requests.chat_request(body, model, stream=stream, prefix=prefix, means=OPENAI, losses=Losses("it"))


def raw_fields(body: bytes) -> list[tuple[str, str]]:
    """Top-level fields in their order, each value as it is written."""
    text, decoder = body.decode(), json.JSONDecoder()
    fields, at = list[tuple[str, str]](), text.index("{") + 1
    while True:
        while text[at] in " \n\t,":
            at += 1
        if text[at] == "}":
            return fields
        name, at = decoder.raw_decode(text, at)
        while text[at] in " \n\t:":
            at += 1
        begin = at
        _, at = decoder.raw_decode(text, at)
        fields.append((name, text[begin:at]))


@given(bodies, fillers, st.booleans(), st.booleans(), st.integers(0, 6))
def test_every_other_field_keeps_its_bytes_and_its_place(
    fields: dict[str, Any], separators: tuple[str, str], ascii_only: bool, stream: bool, place: int
) -> None:
    given_fields = list(fields.items())
    given_fields.insert(min(place, len(given_fields)), ("model", "chat"))
    body = json.dumps(dict(given_fields), separators=separators, ensure_ascii=ascii_only).encode(errors="replace")
    sent = chat_request(body, "up", stream=stream).body
    before, after = raw_fields(body), raw_fields(sent)
    added = [("stream", "true"), ("stream_options", '{"include_usage":true}')] if stream else []
    assert after == [(name, '"up"' if name == "model" else raw) for name, raw in before] + added


def test_numbers_and_escapes_stay_as_they_are_written() -> None:
    body = b'{"model":"chat","a":1.0,"b":1e2,"c":12345678901234567890123,"d":"\\u00e9\\/","e":-0.0}'
    assert chat_request(body, "up", stream=False).body == body.replace(b'"chat"', b'"up"')


def test_a_body_that_needs_no_change_is_not_written_anew() -> None:
    body = b'{ "model" : "same" , "messages":[] }'
    assert chat_request(body, "same", stream=False).body is body
    body = b'{"model":"same","stream":true,"stream_options":{"include_usage":true}}'
    assert chat_request(body, "same", stream=True).body is body


def test_a_model_that_is_missing_is_added() -> None:
    assert json.loads(chat_request(b"{}", "up", stream=False).body) == {"model": "up"}


@pytest.mark.parametrize(
    ("options", "sent", "hidden"),
    [
        (None, {"include_usage": True}, True),
        ({}, {"include_usage": True}, True),
        ({"include_usage": False, "x": 1}, {"include_usage": True, "x": 1}, True),
        ({"include_usage": True, "x": 1}, {"include_usage": True, "x": 1}, False),
    ],
)
def test_usage_is_always_asked_for_and_hidden_where_the_caller_did_not(
    options: dict[str, object] | None, sent: dict[str, object], hidden: bool
) -> None:
    request = chat_request(json.dumps({"stream_options": options}).encode(), "up", stream=True)
    assert json.loads(request.body)["stream_options"] == sent
    assert request.usage_hidden is hidden


@pytest.mark.parametrize(("n", "choices"), [("1", 1), ("4", 4), ("null", 1), ('"2"', 1), ("1.5", 1), ("-1", 1)])
def test_the_number_of_choices_is_read(n: str, choices: int) -> None:
    assert chat_request(b'{"n":%b}' % n.encode(), "up", stream=True).choices == choices


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'{"a":1', b'{"a":1}x', b"\xff", b"[" * 100_000, b'{"a":' * 5000]
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Failure) as told:
        chat_request(body, "up", stream=False)
    assert told.value.reason is Reason.INVALID_REQUEST


@given(bodies, fillers, st.lists(values, max_size=3), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_prefix_is_a_last_message_and_every_other_byte_stays(
    fields: dict[str, Any], separators: tuple[str, str], messages: list[Any], prefix: str
) -> None:
    body = json.dumps({"model": "up", "messages": messages} | fields, separators=separators).encode(errors="replace")
    sent = chat_request(body, "up", stream=False, prefix=prefix).body
    before, after = dict(raw_fields(body)), dict(raw_fields(sent))
    said = after.pop("messages")
    assert said.startswith(before.pop("messages")[:-1].rstrip())
    assert json.loads(said) == [*json.loads(json.dumps(messages)), {"role": "assistant", "content": prefix}]
    assert after == before


def test_a_new_answer_has_no_message_of_ours() -> None:
    body = b'{"model":"up","messages":[ {"role":"user"} ]}'
    assert chat_request(body, "up", stream=False, prefix="").body is body


@pytest.mark.parametrize("body", [b"{}", b'{"messages":null}', b'{"messages":{"a":[]}}', b'{"messages":"[]"}'])
def test_a_prefix_needs_messages_to_follow(body: bytes) -> None:
    with pytest.raises(Failure) as told:
        chat_request(body, "up", stream=True, prefix="so far")
    assert told.value.reason is Reason.INVALID_REQUEST
