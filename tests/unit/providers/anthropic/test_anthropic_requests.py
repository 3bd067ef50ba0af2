"""A request read as a conversation, and a conversation written as a request."""

import json
from base64 import b64encode
from typing import Any, get_args

import msgspec
import pytest
from anthropic.types import Model
from hypothesis import HealthCheck, given, settings

from resilience.errors import Failure, Reason
from services.providers.adapters.anthropic.grammar import AnthropicGrammar
from services.providers.adapters.anthropic.models import traits_of
from services.providers.adapters.continuation import GO_ON
from services.providers.domain.conversation import (
    Conversation,
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
from services.providers.domain.losses import Losses, Unsupported
from tests.unit.providers.anthropic.conversations import MODEL, conversations

GRAMMAR = AnthropicGrammar()
HI = {"role": "user", "content": "hi"}
OLD, NEW, ALWAYS_THINKS = "claude-sonnet-4-5", "claude-opus-4-8", "claude-opus-5-5"


def read(**fields: object) -> Conversation:
    return GRAMMAR.read_request(json.dumps({"model": "chat", "messages": [HI], **fields}).encode())


def read_block(**block: object) -> Any:
    turn = read(messages=[{"role": "user", "content": [block]}]).turns[0]
    return turn.parts[0] if turn.parts else None


def write(
    *turns: Turn, model: str = MODEL, prefix: str = "", policy: Unsupported = Unsupported.AUTO, **said: Any
) -> tuple[dict[str, Any], list[str]]:
    losses = Losses("claude", policy)
    conversation = Conversation(turns or (Turn(Role.USER, (Text("hi"),)),), **said)
    body = GRAMMAR.write_request(conversation, model, stream=False, prefix=prefix, losses=losses).body
    return json.loads(body), losses.dropped


def user(*parts: Any) -> Turn:
    return Turn(Role.USER, parts)


def assistant(*parts: Any) -> Turn:
    return Turn(Role.ASSISTANT, parts)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(conversations)
def test_what_is_written_reads_as_it_was(conversation: Conversation) -> None:
    losses = Losses("claude", Unsupported.ERROR)
    request = GRAMMAR.write_request(conversation, MODEL, stream=False, prefix="", losses=losses)
    assert GRAMMAR.read_request(request.body) == conversation
    assert (request.path, losses.dropped) == ("/messages", [])


# Reading.


def test_everything_a_request_may_say_has_its_place() -> None:
    said = read(
        system="be brief",
        max_tokens=5,
        tools=[
            {
                "name": "f",
                "description": "d",
                "input_schema": {"type": "object"},
                "strict": True,
                "cache_control": {"type": "ephemeral", "ttl": "1h"},
                "type": "custom",
            }
        ],
        tool_choice={"type": "tool", "name": "f", "disable_parallel_tool_use": True},
        thinking={"type": "enabled", "budget_tokens": 2000},
        output_config={"effort": "max", "format": {"type": "json_schema", "schema": {"type": "object"}}},
        stop_sequences=["x"],
        temperature=0.5,
        top_p=0.25,
        top_k=3,
        metadata={"user_id": "u"},
        stream=True,
    )
    schema = msgspec.Raw(b'{"type": "object"}')
    assert said == Conversation(
        turns=(Turn(Role.SYSTEM, (Text("be brief"),)), user(Text("hi"))),
        tools=(Tool("f", "d", schema, True, "1h"),),
        tool_choice=ToolChoice("tool", "f"),
        parallel_tools=False,
        format=Format(schema),
        thinking=Thinking("max", 2000),
        max_tokens=5,
        temperature=0.5,
        top_p=0.25,
        top_k=3,
        stop=("x",),
        user="u",
    )


@pytest.mark.parametrize(
    ("said", "thinking"),
    [
        ({"thinking": {"type": "disabled"}}, Thinking(off=True)),
        ({"thinking": {"type": "adaptive"}}, Thinking()),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, Thinking("low")),
        ({"output_config": {"effort": "high"}}, Thinking("high")),
        ({}, None),
    ],
)
def test_how_much_to_think_is_read(said: dict[str, object], thinking: Thinking | None) -> None:
    assert read(**said).thinking == thinking


@pytest.mark.parametrize(
    ("source", "media"),
    [
        ({"type": "base64", "media_type": "image/png", "data": "AA=="}, Media("image", "image/png", "AA==")),
        ({"type": "url", "url": "https://x/y.png"}, Media("image", url="https://x/y.png")),
        ({"type": "file", "file_id": "file_1"}, Media("image", file_id="file_1")),
    ],
)
def test_an_image_is_read(source: dict[str, object], media: Media) -> None:
    assert read_block(type="image", source=source) == media


@pytest.mark.parametrize(
    "source",
    [
        {"type": "text", "media_type": "text/plain", "data": "grüß"},
        {"type": "content", "content": "grüß"},
    ],
)
def test_a_document_of_text_is_read_as_its_bytes(source: dict[str, object]) -> None:
    read_as = read_block(type="document", source=source, title="t", context="c", citations={"enabled": True})
    data = b64encode("grüß".encode()).decode()
    assert read_as == Media("document", "text/plain", data, name="t", cited=True, context="c")


def test_a_tools_result_may_be_text_or_blocks_or_nothing() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "u"}}
    result = read_block(
        type="tool_result", tool_use_id="t", content=[{"type": "text", "text": "x"}, image], is_error=True
    )
    assert result == ToolResult("t", (Text("x"), Media("image", url="u")), failed=True)
    assert read_block(type="tool_result", tool_use_id="t", content="x") == ToolResult("t", (Text("x"),))
    assert read_block(type="tool_result", tool_use_id="t") == ToolResult("t", ())


def test_a_call_keeps_its_input_as_it_was_written() -> None:
    body = (
        b'{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":{ "a": 1.50 }}]}]}'
    )
    assert GRAMMAR.read_request(body).turns[0].parts == (ToolCall("i", "f", '{ "a": 1.50 }'),)


def test_a_system_turn_in_the_middle_stays_there() -> None:
    said = read(messages=[HI, {"role": "system", "content": "be brief"}])
    assert [turn.role for turn in said.turns] == [Role.USER, Role.SYSTEM]


@pytest.mark.parametrize(
    ("fields", "beyond"),
    [
        ({"tools": [{"type": "web_search_20260318", "name": "web_search"}]}, "tools.web_search_20260318"),
        ({"mcp_servers": [{"url": "u"}]}, "mcp_servers"),
        ({"container": "c"}, "container"),
        (
            {"messages": [{"role": "assistant", "content": [{"type": "server_tool_use"}]}]},
            "messages.content.server_tool_use",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "search_result", "source": "s", "content": []}]}]},
            "messages.content.search_result",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "document", "source": {"type": "content", "content": []}}]}
                ]
            },
            "messages.content.document",
        ),
        ({"output_config": {"format": {"type": "of_tomorrow"}}}, "output_config.format.of_tomorrow"),
    ],
)
def test_what_another_vendor_cannot_do_is_named(fields: dict[str, object], beyond: str) -> None:
    assert read(**fields).beyond == (beyond,)


def test_what_only_hints_at_how_to_answer_is_named_apart() -> None:
    said = read(
        service_tier="auto",
        of_tomorrow=1,
        inference_geo=None,
        thinking={"type": "adaptive", "display": "omitted"},
        tools=[{"name": "f", "input_schema": {}, "input_examples": [{}]}],
    )
    assert set(said.extra) == {"service_tier", "of_tomorrow", "thinking.display", "tools.input_examples"}
    assert said.beyond == ()


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": "x"}, "messages"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
        ({"messages": [{"role": "pope", "content": "x"}]}, "messages[0].role"),
        ({"max_tokens": "x"}, "max_tokens"),
        ({"tool_choice": {"type": "tool"}}, "tool_choice"),
        ({"tools": [{"name": 1}]}, "tools[0].name"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, object], param: str) -> None:
    with pytest.raises(Failure) as failed:
        read(**fields)
    assert (failed.value.reason, failed.value.detail) == (Reason.INVALID_REQUEST, {"param": param})


# Writing.


def test_no_limit_is_the_models_own() -> None:
    assert write(model=MODEL)[0]["max_tokens"] == 128_000
    assert write(model=OLD)[0]["max_tokens"] == 64_000
    assert write(model="claude-3-haiku-20240307")[0]["max_tokens"] == 4_096
    assert write(model="deepseek-chat")[0]["max_tokens"] == 8_192
    assert write(max_tokens=7)[0]["max_tokens"] == 7


@pytest.mark.parametrize(
    ("model", "same"),
    [
        ("anthropic.claude-opus-4-6-v1:0", "claude-opus-4-6"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("claude-opus-4-20250514", "claude-opus-4"),
        ("claude-3-5-sonnet-latest", "claude-3-5"),
    ],
)
def test_a_model_is_known_by_whatever_name_a_cloud_gives_it(model: str, same: str) -> None:
    assert traits_of(model) is traits_of(same)


def test_instructions_before_all_else_are_the_system() -> None:
    body, lost = write(Turn(Role.SYSTEM, (Text("a"),)), Turn(Role.DEVELOPER, (Text("b"),)), user(Text("hi")))
    assert body["system"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert (body["messages"], lost) == ([HI], [])


MIDDLE = (user(Text("hi")), Turn(Role.DEVELOPER, (Text("be brief"),)), assistant(Text("ok")), user(Text("go")))


def test_instructions_alone_are_asked_as_a_question() -> None:
    alone = Turn(Role.SYSTEM, (Text("Say hi."),)), Turn(Role.DEVELOPER, (Text("Be brief."),))
    body, dropped = write(*alone)
    told = [{"type": "text", "text": "Say hi."}, {"type": "text", "text": "Be brief."}]
    assert (body["messages"], "system" in body, dropped) == ([{"role": "user", "content": told}], False, [])


def test_instructions_in_the_middle_stay_where_the_model_takes_them() -> None:
    body, lost = write(*MIDDLE, model=NEW)
    assert [turn["role"] for turn in body["messages"]] == ["user", "system", "assistant", "user"]
    assert ("system" in body, lost) == (False, [])


def test_instructions_that_the_model_takes_nowhere_else_join_the_system_with_a_warning() -> None:
    body, lost = write(*MIDDLE, model=OLD)
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
    assert (body["system"], lost) == ("be brief", ["messages.role"])
    between = (user(Text("a")), Turn(Role.SYSTEM, (Text("s"),)), user(Text("b")))
    body, lost = write(*between, model=NEW)
    assert [block["text"] for block in body["messages"][0]["content"]] == ["a", "b"]
    assert (body["system"], lost) == ("s", ["messages.role"])


def test_turns_of_one_side_become_one_with_the_results_of_tools_first() -> None:
    body, _ = write(
        user(Text("hi")),
        assistant(ToolCall("1", "f", "{}"), ToolCall("2", "f", "")),
        user(Text("by the way")),
        user(ToolResult("1", (Text("a"),))),
        user(ToolResult("2", ())),
    )
    assert body["messages"][1]["content"][1]["input"] == {}
    last = body["messages"][2]
    assert [block["type"] for block in last["content"]] == ["tool_result", "tool_result", "text"]
    assert last["content"][1] == {"type": "tool_result", "tool_use_id": "2"}


def test_ids_that_anthropic_refuses_are_replaced_alike_in_call_and_result() -> None:
    body, _ = write(assistant(ToolCall("functions.f:0", "f", "{}")), user(ToolResult("functions.f:0", ())))
    call, result = body["messages"][0]["content"][0], body["messages"][1]["content"][0]
    assert call["id"] == result["tool_use_id"]
    assert call["id"].startswith("toolu_")


def test_arguments_that_are_no_object_are_told_in_one() -> None:
    body, _ = write(assistant(ToolCall("1", "f", '{"a": ')), user(Text("go")))
    assert body["messages"][0]["content"][0]["input"] == {"arguments": '{"a": '}


def test_texts_that_anthropic_refuses_are_left_out() -> None:
    body, lost = write(user(Text(""), Text("hi")), assistant(Text(" ")), user(Text("go")))
    assert [block["text"] for block in body["messages"][0]["content"]] == ["hi", "go"]
    assert lost == []
    body, _ = write(user(Text("hi")), assistant(Text("Once ")))
    assert body["messages"][-1] == {"role": "assistant", "content": "Once"}


def test_thoughts_that_anthropic_has_not_signed_are_left_out_with_a_warning() -> None:
    body, lost = write(assistant(Reasoning("hm"), Reasoning("ah", "sig"), Text("x")), user(Text("go")))
    thinking = {"type": "thinking", "thinking": "ah", "signature": "sig"}
    assert body["messages"][0]["content"] == [thinking, {"type": "text", "text": "x"}]
    assert lost == ["messages.reasoning"]


def test_a_refusal_is_what_the_model_said() -> None:
    assert write(assistant(Refusal("no")), user(Text("go")))[0]["messages"][0]["content"] == "no"


@pytest.mark.parametrize(
    ("media", "field"),
    [
        (Media("audio", "audio/wav", "AA=="), "messages.content.audio"),
        (Media("image", file_id="file-openai"), "messages.content.image"),
        (Media("document", "application/msword", "AA=="), "messages.content.document"),
    ],
)
def test_media_that_anthropic_does_not_take_are_refused(media: Media, field: str) -> None:
    with pytest.raises(Failure) as failed:
        write(user(media, Text("hi")))
    assert failed.value.detail == {"param": field}
    body, lost = write(user(media, Text("hi")), policy=Unsupported.DROP)
    assert (body["messages"], lost) == ([HI], [field])


@pytest.mark.parametrize(
    ("said", "field"), [({"choices": 2}, "n"), ({"logprobs": True}, "logprobs"), ({"stop": ("\n",)}, "stop")]
)
def test_what_another_answer_would_be_without_is_refused(said: dict[str, Any], field: str) -> None:
    with pytest.raises(Failure) as failed:
        write(**said)
    assert failed.value.reason is Reason.UNSUPPORTED_BY_TARGET
    assert write(**said, policy=Unsupported.DROP)[1] == [field]


@pytest.mark.parametrize(
    ("said", "lost"),
    [
        ({"seed": 1}, ["seed"]),
        ({"frequency_penalty": 0.5, "presence_penalty": 0.0}, ["frequency_penalty"]),
        ({"presence_penalty": 1.0}, ["presence_penalty"]),
        ({"temperature": 1.5}, ["temperature"]),
        ({"temperature": 0.5, "top_p": 0.5}, ["top_p"]),
        ({"format": Format()}, ["response_format"]),
        ({"temperature": 0.5, "model": NEW}, ["temperature"]),
        ({"temperature": 1.0, "model": NEW}, []),
        ({"top_k": 5, "model": NEW}, ["top_k"]),
        ({"temperature": 0.5, "thinking": Thinking("low")}, ["temperature"]),
        ({"thinking": Thinking(budget=5000), "model": NEW}, ["thinking.budget_tokens"]),
        ({"thinking": Thinking(off=True), "model": ALWAYS_THINKS}, ["thinking"]),
        ({"thinking": Thinking("high"), "model": "claude-3-haiku-20240307"}, ["thinking"]),
    ],
)
def test_what_only_hints_is_left_out_with_a_warning(said: dict[str, Any], lost: list[str]) -> None:
    body, dropped = write(**said)
    assert dropped == lost
    assert not (set(lost) & set(body))


@pytest.mark.parametrize(
    ("model", "thinking", "written"),
    [
        (MODEL, Thinking("minimal"), {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
        (MODEL, Thinking(off=True), {"thinking": {"type": "disabled"}}),
        (OLD, Thinking("low"), {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        (OLD, Thinking("max"), {"thinking": {"type": "enabled", "budget_tokens": 32_000}}),
        (OLD, Thinking(budget=100_000), {"thinking": {"type": "enabled", "budget_tokens": 100_000}}),
    ],
)
def test_how_much_to_think_is_said_as_the_model_takes_it(
    model: str, thinking: Thinking, written: dict[str, object]
) -> None:
    body, lost = write(model=model, thinking=thinking)
    assert {name: body[name] for name in ("thinking", "output_config") if name in body} == written
    assert body["max_tokens"] > body["thinking"].get("budget_tokens", 0)
    assert lost == []


def test_a_forced_tool_is_called_without_thinking_or_refused() -> None:
    said: dict[str, Any] = {"tools": (Tool("f"),), "tool_choice": ToolChoice("required"), "thinking": Thinking("low")}
    body, lost = write(**said)
    assert (body["tool_choice"], "thinking" in body, lost) == ({"type": "any"}, False, ["thinking"])
    with pytest.raises(Failure):
        write(**said, model=ALWAYS_THINKS)


def test_calls_one_at_a_time_need_no_choice() -> None:
    body, _ = write(tools=(Tool("f"),), parallel_tools=False)
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert body["tools"] == [{"name": "f", "input_schema": {"type": "object", "properties": {}}}]
    assert "tool_choice" not in write(tools=(Tool("f"),), parallel_tools=True)[0]


def test_an_answer_is_gone_on_with() -> None:
    begun = {"role": "assistant", "content": "Once upon"}
    assert write(model=OLD, prefix="Once upon ")[0]["messages"] == [HI, begun]
    assert write(model=NEW, prefix="Once upon ")[0]["messages"] == [HI, begun, {"role": "user", "content": GO_ON}]


def test_the_models_of_the_sdk_are_known_by_their_families() -> None:
    unknown = [model for model in get_args(get_args(Model)[0]) if traits_of(model) is traits_of("claude-of-tomorrow")]
    assert unknown == ["claude-mythos-preview"]
