"""Requests for responses, read as conversations: every documented field has its place, or is told."""

import json
from typing import Any

import pytest

from resilience.errors import Failure, Reason
from services.providers.domain.conversation import (
    Citation,
    Format,
    Media,
    Reasoning,
    Refusal,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from tests.unit.providers.responses.world import asked, grammar

CALL = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
FUNCTION = {"type": "function", "name": "look", "description": "d", "parameters": {"type": "object"}, "strict": True}


def said(*parts: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [*parts]}


def text(words: str) -> dict[str, Any]:
    return {"type": "output_text", "text": words, "annotations": []}


def test_a_text_is_a_user_s_turn_after_the_instructions() -> None:
    assert asked("Hi", instructions="Be brief.").turns == (
        Turn(Role.SYSTEM, (Text("Be brief."),)),
        Turn(Role.USER, (Text("Hi"),)),
    )


def test_messages_need_no_type_and_have_every_role() -> None:
    turns = asked([{"role": role, "content": "Hi"} for role in ("system", "developer", "user", "assistant")]).turns
    assert [(turn.role, turn.parts) for turn in turns] == [(role, (Text("Hi"),)) for role in Role]


def test_thoughts_words_and_calls_between_two_of_the_caller_s_turns_are_one() -> None:
    turns = asked(
        [
            {"role": "user", "content": "Hi"},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]},
            said(text("Let me see.")),
            CALL,
            {**CALL, "call_id": "c2"},
            {"type": "function_call_output", "call_id": "c1", "output": "rain"},
            {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "sun"}]},
            {"role": "user", "content": "Thanks"},
        ]
    ).turns
    assert turns[1:3] == (
        Turn(
            Role.ASSISTANT,
            (Reasoning("Hm."), Text("Let me see."), ToolCall("c1", "look", "{}"), ToolCall("c2", "look", "{}")),
        ),
        Turn(Role.USER, (ToolResult("c1", (Text("rain"),)), ToolResult("c2", (Text("sun"),)))),
    )


def test_another_message_of_the_model_s_is_another_turn_with_the_thoughts_before_it() -> None:
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    turns = asked([said(text("One.")), thought, said(text("Two."))]).turns
    assert [turn.parts for turn in turns] == [(Text("One."),), (Reasoning("Hm."), Text("Two."))]


def test_content_of_every_kind_has_its_place() -> None:
    (turn,) = asked(
        [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Hi", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}},
                    {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "low"},
                    {"type": "input_image", "image_url": "https://a.example/b.png", "detail": "auto"},
                    {"type": "input_image", "file_id": "file_1", "detail": "auto"},
                    {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,aGk="},
                    {"type": "input_file", "file_url": "https://a.example/b.pdf"},
                    {"type": "input_file", "file_id": "file_2"},
                    {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
                ],
            }
        ]
    ).turns
    assert turn.parts == (
        Text("Hi", "1h"),
        Media("image", "image/png", "aGk=", detail="low"),
        Media("image", url="https://a.example/b.png", detail="auto"),
        Media("image", file_id="file_1", detail="auto"),
        Media("document", "application/pdf", "aGk=", name="a.pdf"),
        Media("document", url="https://a.example/b.pdf"),
        Media("document", file_id="file_2"),
        Media("audio", "audio/wav", "aGk="),
    )


def test_what_the_model_said_is_read_with_its_sources() -> None:
    cited = {"type": "url_citation", "start_index": 0, "end_index": 2, "title": "T", "url": "https://a.example/"}
    (turn,) = asked([said({**text("Hi"), "annotations": [cited]}, {"type": "refusal", "refusal": "no"})]).turns
    assert turn.parts == (
        Text("Hi", citations=(Citation(url="https://a.example/", title="T", start=0, end=2),)),
        Refusal("no"),
    )


@pytest.mark.parametrize(
    ("sealed", "thought"),
    [
        ("seawall:signed:abc", Reasoning("Hm.", "abc")),
        ("seawall:signed:gemini:abc", Reasoning("Hm.", "gemini:abc")),
        ("seawall:redacted:xyz", Reasoning("Hm.", redacted="xyz")),
        ("gAAAA", Reasoning("Hm.")),
    ],
)
def test_what_proves_a_thought_comes_back_to_its_vendor_alone(sealed: str, thought: Reasoning) -> None:
    item = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": sealed}
    conversation = asked([item])
    assert conversation.turns[0].parts == (thought,)
    assert bool(conversation.extra) == (sealed == "gAAAA"), "what is left out is told"


def test_settings_have_their_places() -> None:
    conversation = asked(
        "Hi",
        tools=[FUNCTION],
        tool_choice={"type": "function", "name": "look"},
        parallel_tool_calls=False,
        text={"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}},
        reasoning={"effort": "high", "summary": "auto"},
        max_output_tokens=5,
        temperature=0.5,
        top_p=0.9,
        top_logprobs=3,
        safety_identifier="me",
        include=["reasoning.encrypted_content", "message.output_text.logprobs"],
        metadata={"a": "b"},
        store=False,
        stream=True,
        truncation="disabled",
    )
    (tool,) = conversation.tools
    assert json.loads(bytes(tool.parameters)) == {"type": "object"}
    assert (tool.name, tool.description, tool.strict) == ("look", "d", True)
    assert isinstance(tool, Tool)
    assert conversation.tool_choice == ToolChoice("tool", "look")
    assert conversation.parallel_tools is False
    assert conversation.format is not None
    assert (conversation.format.name, conversation.format.strict) == ("n", True)
    assert conversation.thinking == Thinking("high")
    assert (conversation.max_tokens, conversation.temperature, conversation.top_p) == (5, 0.5, 0.9)
    assert (conversation.logprobs, conversation.top_logprobs, conversation.user) == (True, 3, "me")
    assert (conversation.extra, conversation.beyond) == ({}, ())


def test_any_json_and_no_thinking_are_said() -> None:
    conversation = asked("Hi", text={"format": {"type": "json_object"}}, reasoning={"effort": "none"})
    assert (conversation.format, conversation.thinking) == (Format(), Thinking(off=True))


def test_only_the_tools_that_may_be_called_are_told_of() -> None:
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "look"}]}
    conversation = asked("Hi", tools=[FUNCTION, {**FUNCTION, "name": "other"}], tool_choice=allowed)
    assert [tool.name for tool in conversation.tools] == ["look"]
    assert conversation.tool_choice == ToolChoice("required")


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"tools": [{"type": "web_search"}]}, "tools.web_search"),
        ({"tool_choice": {"type": "file_search"}}, "tool_choice.file_search"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input.item_reference"),
        ({"input": [{"type": "computer_call_output", "call_id": "c", "output": "x"}]}, "input.computer_call_output"),
        ({"input": [{"role": "user", "content": [{"type": "input_video"}]}]}, "input.content.input_video"),
        ({"background": True}, "background"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format.grammar"),
    ],
)
def test_what_no_other_vendor_has_is_beyond(fields: dict[str, Any], name: str) -> None:
    body = {"model": "m", "input": "Hi", **fields}
    assert grammar().read_request(json.dumps(body).encode()).beyond == (name,)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"truncation": "auto"}, "truncation"),
        ({"text": {"verbosity": "low"}}, "text.verbosity"),
        ({"include": ["file_search_call.results"]}, "include.file_search_call.results"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"brand_new": 1}, "brand_new"),
        ({"user": "a", "safety_identifier": "b"}, "safety_identifier"),
    ],
)
def test_what_only_hints_is_told(fields: dict[str, Any], name: str) -> None:
    conversation = asked("Hi", **fields)
    assert list(conversation.extra) == [name]
    assert conversation.beyond == ()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"input": ""}, "input"),
        ({"input": 5}, "input"),
        ({"input": [{"content": "x"}]}, "input[0]"),
        ({"input": [{"role": "pirate", "content": "x"}]}, "input[0].role"),
        ({"input": [{"type": "function_call", "name": "look"}]}, "input[0]"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0]"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0]"),
        ({"tools": [{"type": "function"}]}, "tools[0]"),
        ({"tool_choice": "maybe"}, "tool_choice"),
        ({"temperature": "hot"}, "temperature"),
    ],
)
def test_what_is_wrong_names_its_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(Failure) as wrong:
        grammar().read_request(json.dumps({"model": "m", "input": "Hi", **fields}).encode())
    assert wrong.value.reason is Reason.INVALID_REQUEST
    assert wrong.value.detail == {"param": field}
