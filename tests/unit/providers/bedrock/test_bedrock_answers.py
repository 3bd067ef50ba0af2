"""Whole answers of Bedrock's, which botocore's service model can read too."""

import json
from typing import Any

import pytest

from resilience.errors import Reason
from services.providers.adapters.bedrock.answers import whole_answer
from services.providers.adapters.bedrock.errors import BROKEN_OFF
from services.providers.adapters.bedrock.replies import read_reply
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Citation, Media, Reasoning, Text, ToolCall
from services.providers.domain.failure import VendorFailure
from services.providers.domain.reply import Choice, Finish, Reply
from tests.unit.providers.bedrock.frames import USAGE
from tests.unit.providers.bedrock.service_model import parse_answer


def answer(*blocks: dict[str, Any], stop: str = "end_turn", **fields: Any) -> bytes:
    message = {"role": "assistant", "content": list(blocks)}
    said = {"output": {"message": message}, "stopReason": stop, "usage": USAGE, "metrics": {"latencyMs": 3}, **fields}
    body = json.dumps(said, ensure_ascii=False).encode()
    assert parse_answer(body)["stopReason"] == stop
    return body


def said(*blocks: dict[str, Any], **fields: Any) -> tuple[object, ...]:
    return read_reply(answer(*blocks, **fields)).choices[0].parts


def test_an_answer_is_read() -> None:
    body = answer(
        {"reasoningContent": {"reasoningText": {"text": "Hm", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": "c2VjcmV0"}},
        {"text": "grüß dich 🌊"},
        {"toolUse": {"toolUseId": "tooluse_1", "name": "look", "input": {"city": "Kiel"}}},
        {"toolUse": {"toolUseId": "tooluse_2", "name": "rest", "input": {}}},
        stop="tool_use",
    )
    whole = whole_answer(body, "r")
    assert (whole.body, whole.finish_reason, whole.vendor_request_id) == (body, "tool_calls", "r")
    assert whole.usage == Usage(35, 7, 10, 0, 20)
    parts = (
        Reasoning("Hm", "c2ln"),
        Reasoning(redacted="c2VjcmV0"),
        Text("grüß dich 🌊"),
        ToolCall("tooluse_1", "look", '{"city": "Kiel"}'),
        ToolCall("tooluse_2", "rest", "{}"),
    )
    assert read_reply(body) == Reply("", "", (Choice(parts, Finish("tool_calls")),), whole.usage)


@pytest.mark.parametrize(
    ("location", "citation"),
    [
        ({"documentChar": {"documentIndex": 0, "start": 1, "end": 2}}, Citation("ab", "T", "s", 0, 1, 2, "characters")),
        ({"documentPage": {"documentIndex": 0, "start": 1, "end": 2}}, Citation("ab", "T", "s", 0, 1, 2, "pages")),
        ({"documentChunk": {"documentIndex": 0, "start": 1, "end": 2}}, Citation("ab", "T", "s", 0, 1, 2, "blocks")),
        (
            {"searchResultLocation": {"searchResultIndex": 4, "start": 1, "end": 2}},
            Citation("ab", "T", "s", 4, 1, 2, "blocks"),
        ),
        ({"web": {"url": "https://x", "domain": "x"}}, Citation("ab", "T", "https://x")),
    ],
)
def test_where_a_text_is_from_is_read(location: dict[str, Any], citation: Citation) -> None:
    told = {"title": "T", "source": "s", "sourceContent": [{"text": "a"}, {"text": "b"}], "location": location}
    assert said({"citationsContent": {"content": [{"text": "x"}], "citations": [told]}}) == (
        Text("x", "", (citation,)),
    )


def test_what_a_model_made_is_read_and_what_nobody_asked_for_is_left_out() -> None:
    own = {"toolUseId": "t", "name": "nova_code_interpreter", "input": {}, "type": "server_tool_use"}
    assert said(
        {"image": {"format": "jpeg", "source": {"bytes": "aGk="}}},
        {"video": {"format": "three_gp", "source": {"bytes": "aGk="}}},
        {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/x"}}}},
        {"toolUse": own},
    ) == (Media("image", "image/jpeg", "aGk="), Media("document", "video/3gpp", "aGk="))


@pytest.mark.parametrize(
    ("stop", "fields", "finish"),
    [
        ("end_turn", {}, Finish("stop")),
        ("max_tokens", {}, Finish("length")),
        ("stop_sequence", {"additionalModelResponseFields": {"stop_sequence": "END"}}, Finish("stop", "END")),
        ("stop_sequence", {}, Finish("stop", "", "stop_sequence")),
        ("stop_sequence", {"additionalModelResponseFields": {"stop_sequence": 5}}, Finish("stop", "", "stop_sequence")),
        ("guardrail_intervened", {}, Finish("content_filter", "", "guardrail_intervened")),
        ("content_filtered", {}, Finish("content_filter", "", "content_filtered")),
        ("model_context_window_exceeded", {}, Finish("length", "", "model_context_window_exceeded")),
        ("a_newer_one", {}, Finish("stop", "", "a_newer_one")),
    ],
)
def test_why_it_stopped_is_read(stop: str, fields: dict[str, Any], finish: Finish) -> None:
    body = answer({"text": "x"}, stop=stop, **fields)
    assert read_reply(body).choices[0].finish == finish
    assert whole_answer(body, "").finish_reason == finish.reason


@pytest.mark.parametrize("stop", sorted(BROKEN_OFF))
def test_an_answer_that_the_vendor_could_not_read_is_none(stop: str) -> None:
    with pytest.raises(VendorFailure, match=stop) as raised:
        whole_answer(answer(stop=stop), "")
    assert raised.value.reason is Reason.VENDOR_MALFORMED


def test_which_model_a_router_chose_is_read() -> None:
    chosen = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-5-sonnet-20240620-v1:0"
    assert read_reply(answer(trace={"promptRouter": {"invokedModelId": chosen}})).model == chosen


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.VENDOR_MALFORMED),
        (b"\xff", Reason.VENDOR_MALFORMED),
        (b"[]", Reason.VENDOR_MALFORMED),
        (b'{"message":"No."}', Reason.VENDOR_MALFORMED),
        (b'{"output":{}}', Reason.VENDOR_MALFORMED),
        (b'{"output":{"message":{"role":"assistant","content":[]}}}', Reason.VENDOR_STREAM_CUT),
    ],
)
def test_what_is_no_answer_is_a_failure(body: bytes, reason: Reason) -> None:
    with pytest.raises(VendorFailure) as raised:
        whole_answer(body, "")
    assert raised.value.reason is reason
