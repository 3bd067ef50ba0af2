"""What OpenAI-shaped callers ask, as a conversation."""

import base64
import json
import tracemalloc
from typing import Any

import msgspec
import pytest

from resilience.errors import Failure, Reason
from services.providers.domain.conversation import (
    Conversation,
    Format,
    Media,
    Part,
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
from tests.unit.providers.openai.world import asked, grammar

PNG = base64.b64encode(b"\x89PNG and so on").decode()
CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at":1}'}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}


def parts_of(content: Any, **fields: Any) -> tuple[Part, ...]:
    return asked({"role": "user", "content": content, **fields}).turns[0].parts


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def test_every_role_has_its_turn() -> None:
    conversation = asked(
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": "Hi", "name": "Ann"},
        {"role": "assistant", "content": "Hello"},
    )
    assert conversation.turns == (
        Turn(Role.SYSTEM, (Text("Be brief."),)),
        Turn(Role.DEVELOPER, (Text("Be kind."),)),
        Turn(Role.USER, (Text("Hi"),), "Ann"),
        Turn(Role.ASSISTANT, (Text("Hello"),)),
    )


def test_results_of_tools_that_follow_each_other_are_one_turn() -> None:
    conversation = asked(
        {"role": "assistant", "content": None, "tool_calls": [CALL, {**CALL, "id": "c2"}]},
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "two"}], "cache_control": {}},
        {"role": "user", "content": "And?"},
    )
    assert conversation.turns == (
        Turn(Role.ASSISTANT, (ToolCall("c1", "look", '{"at":1}'), ToolCall("c2", "look", '{"at":1}'))),
        Turn(Role.USER, (ToolResult("c1", (Text("one"),)), ToolResult("c2", (Text("two"),), cache="5m"))),
        Turn(Role.USER, (Text("And?"),)),
    )


def test_legacy_functions_are_tools_whose_results_find_their_calls() -> None:
    conversation = asked(
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": "{}"}},
        {"role": "function", "name": "look", "content": "a sea"},
        functions=[{"name": "look", "parameters": SCHEMA}],
        function_call={"name": "look"},
    )
    assert conversation.turns[1:] == (
        Turn(Role.ASSISTANT, (ToolCall("call_1", "look", "{}"),)),
        Turn(Role.USER, (ToolResult("call_1", (Text("a sea"),)),)),
    )
    assert conversation.tools == (Tool("look", parameters=raw(SCHEMA)),)
    assert conversation.tool_choice == ToolChoice("tool", "look")


def test_media_of_every_kind_are_read() -> None:
    assert parts_of(
        [
            {"type": "text", "text": "See:"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
            {"type": "image_url", "image_url": {"url": "https://images/1.png"}},
            {"type": "input_audio", "input_audio": {"data": PNG, "format": "mp3"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PNG}"}},
            {"type": "file", "file": {"filename": "a.txt", "file_data": PNG}},
            {"type": "file", "file": {"file_id": "file-1"}},
        ]
    ) == (
        Text("See:"),
        Media("image", "image/png", PNG, detail="low"),
        Media("image", url="https://images/1.png"),
        Media("audio", "audio/mpeg", PNG),
        Media("document", "application/pdf", PNG, name="a.pdf"),
        Media("document", "text/plain", PNG, name="a.txt"),
        Media("document", file_id="file-1"),
    )


def test_base64_that_is_escaped_is_the_same() -> None:
    body = b'{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":%b}}]}]}'
    for written in (b'"data:image\\/png;base64,AA\\/A"', b'"data:image/png;base64,AA\\u002fA"'):
        turn = grammar().read_request(body % written).turns[0]
        assert turn.parts == (Media("image", "image/png", "AA/A"),)


def test_a_large_image_is_copied_once() -> None:
    size = 8_000_000
    body = b'{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":%b}}]}]}'
    body %= b'"data:image/png;base64,' + b"A" * size + b'"'
    reader = grammar()
    tracemalloc.start()
    try:
        conversation = reader.read_request(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(image := conversation.turns[0].parts[0], Media)
    assert len(image.data) == size
    assert peak < 1.1 * size


def test_what_the_model_thought_refused_and_called_is_read_in_that_order() -> None:
    blocks = [
        {"type": "thinking", "thinking": "Hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "secret"},
    ]
    signed = {**CALL, "extra_content": {"google": {"thought_signature": "proof"}}, "cache_control": {"ttl": "1h"}}
    message = {"role": "assistant", "content": "Well", "refusal": "No", "tool_calls": [signed]}
    assert asked({**message, "thinking_blocks": blocks, "reasoning_content": "Hm"}).turns[0].parts == (
        Reasoning("Hm", "sig"),
        Reasoning(redacted="secret"),
        Text("Well"),
        Refusal("No"),
        ToolCall("c1", "look", '{"at":1}', "1h", "proof"),
    )
    for field in ("reasoning_content", "reasoning"):
        assert asked({**message, field: "Hm"}).turns[0].parts[0] == Reasoning("Hm")


def test_cache_markers_of_both_shapes_are_read() -> None:
    mark = {"type": "ephemeral", "ttl": "1h"}
    assert parts_of("Hi", cache_control={"type": "ephemeral"}) == (Text("Hi", "5m"),)
    assert parts_of([{"type": "text", "text": "Hi", "cache_control": mark}]) == (Text("Hi", "1h"),)
    assert parts_of([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], cache_control=mark) == (
        Text("a"),
        Text("b", "1h"),
    )
    for ttl, cache in (("30m", "5m"), ("12h", "1h")):
        part = {"type": "text", "text": "Hi", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": ttl}}
        assert parts_of([part]) == (Text("Hi", cache),)
    for tool in ({"cache_control": mark}, {"function": {"name": "look", "cache_control": mark}}):
        assert asked(tools=[{"type": "function", "function": {"name": "look"}, **tool}]).tools == (
            Tool("look", cache="1h"),
        )


def test_settings_are_read() -> None:
    conversation = asked(
        max_tokens=5,
        max_completion_tokens=7,
        temperature=1,
        top_p=0.5,
        top_k=3,
        n=2,
        stop="END",
        seed=-4,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
        user="u",
        parallel_tool_calls=False,
        response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA, "strict": True}},
        reasoning_effort="high",
    )
    assert conversation == Conversation(
        conversation.turns,
        max_tokens=7,
        temperature=1.0,
        top_p=0.5,
        top_k=3,
        choices=2,
        stop=("END",),
        seed=-4,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
        user="u",
        parallel_tools=False,
        format=Format(raw(SCHEMA), "a", strict=True),
        thinking=Thinking("high"),
        usage_wanted=False,
    )
    other = asked(max_tokens=5, stop=["a", "b"])
    assert (other.max_tokens, other.stop) == (5, ("a", "b"))


def test_null_is_as_good_as_nothing() -> None:
    names = (
        "stream stream_options max_tokens temperature n stop seed logprobs user tools functions tool_choice thinking "
        "function_call parallel_tool_calls response_format reasoning_effort store metadata"
    )
    assert asked(**dict.fromkeys(names.split())) == asked()


@pytest.mark.parametrize(
    ("fields", "thinking"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, Thinking(budget=2000)),
        ({"thinking": {"type": "enabled"}, "reasoning_effort": "low"}, Thinking("low")),
        ({"thinking": {"type": "disabled"}}, Thinking(off=True)),
        ({"thinking": {"type": "adaptive"}}, Thinking()),
        ({"reasoning_effort": "none"}, Thinking(off=True)),
    ],
)
def test_thinking_is_read_from_words_and_budgets(fields: dict[str, Any], thinking: Thinking) -> None:
    assert asked(**fields).thinking == thinking


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("auto", ToolChoice("auto")),
        ("required", ToolChoice("required")),
        ("any", ToolChoice("required")),
        ({"type": "function", "function": {"name": "b"}}, ToolChoice("tool", "b")),
    ],
)
def test_the_choice_of_a_tool_is_read(said: object, choice: ToolChoice) -> None:
    assert asked(tool_choice=said).tool_choice == choice


def test_only_allowed_tools_are_left() -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in "abc"]
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "b"}}]}
    conversation = asked(tools=tools, tool_choice={"type": "allowed_tools", "allowed_tools": allowed})
    assert (conversation.tools, conversation.tool_choice) == ((Tool("b"),), ToolChoice("required"))


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, False),
        ({"stream": True}, False),
        ({"stream": True, "stream_options": {"include_usage": False}}, False),
        ({"stream": True, "stream_options": {"include_usage": True}}, True),
    ],
)
def test_a_stream_tells_its_usage_only_where_that_is_asked(fields: dict[str, Any], wanted: bool) -> None:
    assert asked(**fields).usage_wanted is wanted


def test_what_has_no_place_is_kept_by_its_name() -> None:
    conversation = asked(logit_bias={"1": 2}, metadata={"a": "b"}, unheard_of=[1], web_search_options={})
    assert conversation.extra == {
        "logit_bias": raw({"1": 2}),
        "metadata": raw({"a": "b"}),
        "unheard_of": raw([1]),
    }
    assert conversation.beyond == ("web_search_options",)


@pytest.mark.parametrize(
    ("messages", "fields", "beyond"),
    [
        ([{"role": "user", "content": [{"type": "video_url", "video_url": {}}]}], {}, "messages.content.video_url"),
        ([{"role": "assistant", "audio": {"id": "a"}}], {}, "messages.audio"),
        ([{"role": "assistant", "tool_calls": [{"id": "a", "type": "custom"}]}], {}, "messages.tool_calls.custom"),
        ([], {"tools": [{"type": "custom", "custom": {"name": "sh"}}]}, "tools.custom"),
        ([], {"tool_choice": {"type": "custom", "custom": {"name": "sh"}}}, "tool_choice.custom"),
        ([], {"response_format": {"type": "grammar"}}, "response_format.grammar"),
        ([], {"audio": {"voice": "ash", "format": "mp3"}}, "audio"),
    ],
)
def test_what_cannot_be_left_out_and_has_no_place_is_named(
    messages: list[dict[str, Any]], fields: dict[str, Any], beyond: str
) -> None:
    assert asked(*messages, **fields).beyond == (beyond,)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"temperature": "hot"}, "temperature"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "king", "content": "Hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "Hi"}]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0]"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": 1}}]}]},
            "messages[0].content[0].image_url.url",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]}, "messages[0].content[0].file"),
        ({"tools": [{"type": "function"}]}, "tools[0]"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function"),
        ({"tool_choice": "perhaps"}, "tool_choice"),
        ({"tool_choice": {"type": "function"}}, "tool_choice"),
        ({"function_call": "perhaps"}, "function_call"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        ({"n": 0}, "n"),
        ({"stop": [1]}, "stop[0]"),
    ],
)
def test_what_is_wrong_is_named(fields: dict[str, Any], param: str) -> None:
    body = {"model": "chat", "messages": [{"role": "user", "content": "Hi"}], **fields}
    with pytest.raises(Failure) as refused:
        grammar().read_request(json.dumps(body).encode())
    assert (refused.value.reason, refused.value.detail) == (Reason.INVALID_REQUEST, {"param": param})


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"messages":"\xff"}', b'{"a":' * 100_000, b"{}"])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(Failure) as refused:
        grammar().read_request(body)
    assert refused.value.reason is Reason.INVALID_REQUEST
