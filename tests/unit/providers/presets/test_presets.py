"""Vendors of OpenAI's wire format, each asked in the words that it has."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from resilience.errors import Failure, Reason
from services.providers.adapters.openai.words import MEANING
from services.providers.adapters.presets import PRESETS
from services.providers.adapters.vendors import known_vendors
from services.providers.application.ports import VendorRequest
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Conversation, Role, Text, Turn
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.losses import Unsupported
from tests.unit.providers.openai.world import written
from tests.unit.providers.reading import answered

VENDORS = known_vendors(max_event=10_000, now=lambda: datetime(2026, 11, 21, tzinfo=UTC))
NAMES = [preset.name for preset in PRESETS]
CHAT, MESSAGES = CallerDialect.OPENAI_CHAT, CallerDialect.ANTHROPIC_MESSAGES
HI = {"role": "user", "content": "Hi"}


def request(
    vendor: str,
    *messages: dict[str, Any],
    caller: CallerDialect = CHAT,
    stream: bool = False,
    prefix: str = "",
    unsupported: Unsupported = Unsupported.AUTO,
    **fields: Any,
) -> VendorRequest:
    body = json.dumps({"model": "chat", "messages": list(messages) or [HI], **fields}).encode()
    envelope = Envelope("r", 1, "acme", "up", "model", body, prefix, None, "", caller, unsupported)
    return VENDORS[vendor].spoken_to(caller).request(envelope, stream=stream)


def sent(vendor: str, *messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(request(vendor, *messages, **fields).body)
    return said


@pytest.mark.parametrize("preset", PRESETS, ids=NAMES)
def test_how_long_an_answer_may_be_is_said_in_the_vendors_word(preset: Any) -> None:
    for caller, asked in ((CHAT, {"max_completion_tokens": 9}), (MESSAGES, {"max_tokens": 9})):
        said = sent(preset.name, caller=caller, **asked)
        told = {name: value for name, value in said.items() if name in {"max_tokens", "max_completion_tokens"}}
        if caller is CHAT and not preset.translated and not preset.means.words.get("max_completion_tokens"):
            assert told == {"max_completion_tokens": 9}  # known there, whatever the usual word is
        else:
            assert told == {preset.means.max_tokens: 9}


@pytest.mark.parametrize(
    ("preset", "field"),
    [(preset, field) for preset in PRESETS for field, word in preset.means.words.items() if not word],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_what_a_vendor_has_no_word_for_is_told_and_not_sent(preset: Any, field: str) -> None:
    value = VALUES[field]
    if field in MEANING:
        with pytest.raises(Failure) as refused:
            request(preset.name, **{field: value})
        assert (refused.value.reason, refused.value.detail) == (Reason.UNSUPPORTED_BY_TARGET, {"param": field})
    asked = request(preset.name, unsupported=Unsupported.DROP, **{field: value})
    assert field not in json.loads(asked.body)
    assert field in asked.dropped


VALUES: dict[str, Any] = {
    "frequency_penalty": 1.0,
    "logit_bias": {"1": 1},
    "logprobs": True,
    "n": 2,
    "parallel_tool_calls": False,
    "presence_penalty": 1.0,
    "reasoning_effort": "low",
    "seed": 1,
    "tool_choice": "required",
    "tools": [{"type": "function", "function": {"name": "look", "parameters": {}}}],
    "top_logprobs": 2,
    "user": "u",
}


@pytest.mark.parametrize("name", NAMES)
def test_what_asks_for_nothing_is_no_loss(name: str) -> None:
    said = request(name, n=1, logprobs=False, parallel_tool_calls=True, tool_choice="auto", seed=None)
    assert said.dropped == ()


@pytest.mark.parametrize("name", [preset.name for preset in PRESETS if not preset.translated])
def test_what_nobody_knows_passes_as_it_is_written(name: str) -> None:
    body = b'{"model": "model", "messages":[ ], "later": {"a" : 1.0}}'
    envelope = Envelope("r", 1, "acme", "up", "model", body, "", None, "", CHAT)
    assert VENDORS[name].spoken_to(CHAT).request(envelope, stream=False).body is body


BEGUN: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "mistral": ({"prefix": True}, {}, "/chat/completions"),
    "deepseek": ({"prefix": True}, {}, "/beta/chat/completions"),
    "vllm": ({}, {"continue_final_message": True, "add_generation_prompt": False}, "/chat/completions"),
    "sglang": ({}, {"continue_final_message": True}, "/chat/completions"),
}


@pytest.mark.parametrize("caller", [CHAT, MESSAGES])
@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_broke_off_is_gone_on_with_as_the_vendor_wants(name: str, caller: CallerDialect) -> None:
    message, fields, path = BEGUN.get(name, ({}, {}, "/chat/completions"))
    asked = request(name, caller=caller, prefix="It is", max_tokens=9)
    said = json.loads(asked.body)
    assert said["messages"][-1] == {"role": "assistant", "content": "It is", **message}
    assert {name: said.get(name) for name in fields} == fields
    assert asked.path == path
    assert request(name, caller=caller, max_tokens=9).path == "/chat/completions"


def test_so_is_one_that_an_anthropic_caller_began() -> None:
    begun = {"role": "assistant", "content": "It is"}
    said = sent("vllm", HI, begun, caller=MESSAGES, max_tokens=9)
    assert (said["messages"][-1], said["continue_final_message"]) == (begun, True)
    assert sent("mistral", HI, begun, caller=MESSAGES, max_tokens=9)["messages"][-1]["prefix"] is True
    assert "continue_final_message" not in sent("vllm", caller=MESSAGES, max_tokens=9)


@pytest.mark.parametrize("preset", [preset for preset in PRESETS if preset.means.reasoning], ids=lambda it: it.name)
def test_thoughts_go_back_in_the_vendors_field(preset: Any) -> None:
    blocks = [{"type": "thinking", "thinking": "Hm", "signature": ""}, {"type": "text", "text": "Yes"}]
    turn = {"role": "assistant", "content": blocks}
    said = sent(preset.name, HI, turn, HI, caller=MESSAGES, max_tokens=9)
    assert said["messages"][1] == {"role": "assistant", "content": "Yes", preset.means.reasoning: "Hm"}


def test_deepseek_is_told_not_to_think_in_its_own_word() -> None:
    said = sent("deepseek", caller=MESSAGES, max_tokens=9, thinking={"type": "disabled"})
    assert said["thinking"] == {"type": "disabled"}
    assert "reasoning_effort" not in said


def test_groq_is_told_no_names() -> None:
    asked = Conversation((Turn(Role.USER, (Text("Hi"),), "Ann"),))
    (groq,) = (preset.means for preset in PRESETS if preset.name == "groq")
    assert written(asked)[0]["messages"][0]["name"] == "Ann"
    said, dropped = written(asked, groq)
    assert (said["messages"], dropped) == ([HI], ["messages.name"])


# Mistral.

CALL = {"id": "call_0fypS1hVX", "type": "function", "function": {"name": "look", "arguments": "{}"}}


def test_mistral_gets_ids_of_nine_characters_the_same_for_a_call_and_its_answer() -> None:
    turns: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "abcDEF123"}]},
        {"role": "tool", "tool_call_id": "call_0fypS1hVX", "content": "sky"},
        {"role": "tool", "tool_call_id": "abcDEF123", "content": "sea"},
    ]
    messages = sent("mistral", HI, *turns)["messages"]
    ids = [call["id"] for call in messages[1]["tool_calls"]]
    assert [message["tool_call_id"] for message in messages[2:]] == ids
    assert ids[1] == "abcDEF123"
    assert len(ids[0]) == 9
    assert ids[0].isalnum()


def test_mistral_is_told_what_is_its_own_and_nothing_unknown() -> None:
    asked = request("mistral", safe_prompt=True, seed=7, user="u", store=True)
    said = json.loads(asked.body)
    assert (said["safe_prompt"], said["random_seed"]) == (True, 7)
    assert set(asked.dropped) == {"user", "store"}
    assert set(said) == {"model", "messages", "safe_prompt", "random_seed"}


def test_mistral_is_asked_instructions_alone_as_a_question() -> None:
    instructions = {"role": "system", "content": "Say hi."}
    assert sent("mistral", instructions)["messages"] == [{"role": "user", "content": "Say hi."}]
    hi = {"role": "user", "content": "hi"}
    assert sent("mistral", instructions, hi)["messages"] == [instructions, hi]
    assert sent("groq", instructions)["messages"] == [instructions]


def test_no_user_speaks_to_mistral_right_after_a_tool() -> None:
    call: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [{**CALL, "id": "abcDEF123"}]}
    said = {"role": "tool", "tool_call_id": "abcDEF123", "content": "sky"}
    word = {"role": "assistant", "content": "OK"}
    later = {"role": "system", "content": "Be brief."}
    assert sent("mistral", HI, call, said, HI, call, said)["messages"] == [HI, call, said, word, HI, call, said]
    assert sent("mistral", HI, call, said, later, HI)["messages"] == [later, HI, call, said, word, HI]
    answered = [HI, call, said, {"role": "assistant", "content": "Blue."}, HI]
    assert sent("mistral", *answered)["messages"] == answered
    assert sent("groq", HI, call, said, HI)["messages"] == [HI, call, said, HI]
    use = {"type": "tool_use", "id": "abcDEF123", "name": "look", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "abcDEF123", "content": "sky"}
    hurry: dict[str, Any] = {"role": "user", "content": [result, {"type": "text", "text": "Hurry."}]}
    asked: list[dict[str, Any]] = [HI, {"role": "assistant", "content": [use]}, hurry]
    roles = [message["role"] for message in sent("mistral", *asked, caller=MESSAGES, max_tokens=9)["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]


def test_mistral_is_not_asked_for_the_usage_of_a_stream() -> None:
    said = sent("mistral", stream=True, stream_options={"include_usage": True})
    assert said["stream"] is True
    assert "stream_options" not in said
    assert sent("groq", stream=True)["stream_options"] == {"include_usage": True}


def test_mistrals_chunks_hold_sounds_documents_and_thoughts() -> None:
    document = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}
    sound = {"type": "input_audio", "input_audio": {"data": "BBBB", "format": "wav"}}
    said = sent(
        "mistral",
        {"role": "user", "content": [document, sound]},
        {"role": "assistant", "content": "Yes", "reasoning_content": "Hm"},
        HI,
    )
    assert said["messages"][0]["content"] == [
        {"type": "document_url", "document_url": "data:application/pdf;base64,AAAA", "document_name": "a.pdf"},
        {"type": "input_audio", "input_audio": "BBBB"},
    ]
    assert said["messages"][1]["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
        {"type": "text", "text": "Yes"},
    ]


def test_what_mistral_thinks_is_told_apart_from_what_it_says() -> None:
    content = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
        {"type": "text", "text": "Yes"},
    ]
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    body = {"id": "a", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    answer = answered(VENDORS["mistral"].spoken_to(CHAT), json.dumps(body).encode())
    message = ChatCompletion.model_validate_json(answer.body).choices[0].message
    assert (message.content, message.model_dump()["reasoning_content"], answer.usage) == ("Yes", "Hm", Usage(3, 2))


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, {"detail": "Unauthorized"}, Reason.VENDOR_AUTHENTICATION),
        (
            400,
            {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "param": None, "code": "1500"},
            Reason.VENDOR_MODEL_NOT_FOUND,
        ),
        (
            400,
            {
                "object": "error",
                "message": "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
                "type": "invalid_request_error",
                "code": "3051",
            },
            Reason.CONTEXT_LENGTH_EXCEEDED,
        ),
        (
            422,
            {"object": "error", "message": {"detail": [{"type": "extra_forbidden"}]}, "type": "invalid_request_error"},
            Reason.VENDOR_REJECTED,
        ),
        (422, {"detail": [{"loc": ["body"], "msg": "x"}]}, Reason.VENDOR_REJECTED),
        (429, {"message": "Requests rate limit exceeded"}, Reason.VENDOR_RATE_LIMITED),
    ],
)
def test_mistrals_errors_have_their_reasons(status: int, body: dict[str, Any], reason: Reason) -> None:
    dialect = VENDORS["mistral"].spoken_to(CHAT)
    assert dialect.reason(status, json.dumps(body).encode(), lambda _: "") is reason
