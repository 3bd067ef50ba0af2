"""Where the vendor's dialect is the caller's, what nobody here knows of passes as it was written, both ways."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.providers.adapters.caller_body import fields_of
from services.providers.application.ports import Dialect, VendorRequest
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from simulator.answers import Answer, Block
from simulator.dialects.prompt_cache import Billed
from tests.unit.providers.known import VENDORS
from tests.unit.providers.simulated import MODEL, RENDER, frames, in_bytes, openais

CHAT, COMPLETIONS = CallerDialect.OPENAI_CHAT, CallerDialect.OPENAI_COMPLETIONS
EMBEDDINGS, RESPONSES = CallerDialect.OPENAI_EMBEDDINGS, CallerDialect.OPENAI_RESPONSES
MESSAGES, COUNT = CallerDialect.ANTHROPIC_MESSAGES, CallerDialect.ANTHROPIC_COUNT_TOKENS

JSONObject = dict[str, Any]
PAIRS = [
    *((vendor, caller) for vendor in ("openai", "azure") for caller in (CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES)),
    *(("openai-compatible", caller) for caller in (CHAT, COMPLETIONS, EMBEDDINGS)),
    ("anthropic", MESSAGES),
    ("anthropic", COUNT),
]
STREAMED = [pair for pair in PAIRS if pair[1] not in {EMBEDDINGS, COUNT}]

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
FUNCTION = {"name": "weather", "parameters": SCHEMA}
IMAGE = "data:image/png;base64,iVBORw0KGgo="
CALLED = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
MESSAGED: JSONObject = {
    "model": "chat",
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}]},
    ],
    "tools": [{"name": "weather", "input_schema": SCHEMA}],
}
ASKED: Mapping[CallerDialect, JSONObject] = {
    CHAT: {
        "model": "chat",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "hi"}, {"type": "image_url", "image_url": {"url": IMAGE}}],
            },
            {"role": "assistant", "content": None, "tool_calls": [CALLED]},
            {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
        ],
        "tools": [{"type": "function", "function": FUNCTION}],
        "stream_options": {"include_usage": True},
    },
    COMPLETIONS: {"model": "chat", "prompt": "hi", "stream_options": {"include_usage": True}},
    EMBEDDINGS: {"model": "chat", "input": ["hi"], "encoding_format": "float"},
    RESPONSES: {
        "model": "chat",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
        "tools": [{"type": "function", **FUNCTION}],
    },
    MESSAGES: {**MESSAGED, "max_tokens": 9},
    COUNT: MESSAGED,
}
OURS: Mapping[CallerDialect, set[str]] = {
    CHAT: {"model", "stream", "stream_options"},
    COMPLETIONS: {"model", "stream", "stream_options"},
    EMBEDDINGS: {"model"},
    RESPONSES: {"model", "stream", "store"},
    MESSAGES: {"model", "stream"},
    COUNT: {"model"},
}
"""Fields of a request that we may write."""
UNSAID = {COUNT: b'{"input_tokens":7}', EMBEDDINGS: b'{"object":"list","data":[{"embedding":[0.5]}],"usage":{}}'}
"""Answers that say nothing."""
SAID = (
    Block(
        ("It", " rains 🌊"),
    ),
    Block(('{"city":', '"Köln"}'), "call", "weather"),
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
as_written = st.sampled_from([b"1.50", b"-0.0", b"1E3", b"123456789012345678901234567890", b'{ "b" : [ ] , "a":1 }'])
"""JSON that nobody who reads it and writes it again writes so; and an escape that nobody would choose."""
strewn = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.text(max_size=6).map("x_{}".format),
        anything | st.one_of(as_written, st.just(rb'"\u0041\/"')).map(msgspec.Raw),
    ),
    min_size=1,
    max_size=8,
)
"""Fields that nobody knows, each with the number of the object that it is in."""
Strewn = list[tuple[int, str, Any]]


def with_(said: JSONObject, fields: Strewn) -> bytes:
    """An object in which these fields are, at the top and in the objects within."""
    said = deepcopy(said)
    within = list(objects(said))
    for number, name, value in fields:
        within[number % len(within)][name] = value
    return msgspec.json.encode(said)


def objects(value: Any) -> Iterator[JSONObject]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


def asked(vendor: str, caller: CallerDialect, body: bytes, *, stream: bool) -> tuple[Dialect, VendorRequest]:
    dialect = VENDORS[vendor].spoken_to(caller)
    return dialect, dialect.request(Envelope("r", 1, "acme", "up", MODEL, body, "", None, "", caller), stream=stream)


def answered(vendor: str, caller: CallerDialect, request: bytes, chunk: int | None) -> bytes:
    """What the vendor says, whole, or with so many tokens to an event."""
    if caller in UNSAID:
        return UNSAID[caller]
    said = SAID[:1] if caller is COMPLETIONS else SAID
    answer = Answer(said, "stop" if caller is COMPLETIONS else "tool_calls", 40)
    if vendor == "anthropic":
        return in_bytes(RENDER[vendor](answer, Billed(40), chunk))
    return in_bytes(openais("azure" if vendor == "azure" else "openai", caller, answer, request, chunk))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("vendor", "caller"), PAIRS)
@settings(deadline=None, max_examples=25)
@given(fields=strewn)
def test_unknown_fields_of_a_request_reach_the_vendor_as_they_are_written(
    vendor: str, caller: CallerDialect, stream: bool, fields: Strewn
) -> None:
    body = with_(ASKED[caller], fields)
    _, request = asked(vendor, caller, body, stream=stream and (vendor, caller) in STREAMED)
    before, after = fields_of(body), fields_of(request.body)
    ours = OURS[caller]
    assert {name: value for name, value in after.items() if name not in ours} == {
        name: value for name, value in before.items() if name not in ours
    }
    assert request.dropped == ()
    if "stream_options" in after:
        assert after["stream_options"] == before["stream_options"]


@pytest.mark.parametrize(("vendor", "caller"), PAIRS)
@settings(deadline=None, max_examples=25)
@given(fields=strewn)
def test_unknown_fields_of_an_answer_reach_the_caller_byte_for_byte(
    vendor: str, caller: CallerDialect, fields: Strewn
) -> None:
    dialect, request = asked(vendor, caller, msgspec.json.encode(ASKED[caller]), stream=False)
    body = with_(json.loads(answered(vendor, caller, request.body, None)), fields)
    assert dialect.answer(request, body, "").body == body


@pytest.mark.parametrize(("vendor", "caller"), STREAMED)
@settings(deadline=None, max_examples=25)
@given(fields=st.lists(strewn, min_size=1, max_size=5))
def test_unknown_fields_of_a_stream_s_events_reach_the_caller_byte_for_byte(
    vendor: str, caller: CallerDialect, fields: list[Strewn]
) -> None:
    dialect, request = asked(vendor, caller, msgspec.json.encode(ASKED[caller]), stream=True)
    sent: list[bytes] = []

    def changed(found: re.Match[bytes]) -> bytes:
        sent.append(with_(json.loads(found[1]), fields[len(sent) % len(fields)]))
        return b"data: " + sent[-1]

    stream = re.sub(rb"data: (\{.*\})", changed, answered(vendor, caller, request.body, 1))
    told = [event for event in sent if json.loads(event).get("type") != "ping"]  # a ping is the connection's alone
    assert len(told) > 3
    assert [frame.data for frame in frames(dialect, request, [stream]) if frame.data] == told
