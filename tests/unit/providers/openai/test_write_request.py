"""A conversation as OpenAI, and those compatible with it, are asked."""

import json
from typing import Any

import msgspec
import pytest

from resilience.errors import Failure, Reason
from services.providers.adapters.openai.means import COMPATIBLE, OPENAI, Means
from services.providers.domain.conversation import (
    Citation,
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
    ToolResult,
    Turn,
)
from services.providers.domain.losses import Losses, Unsupported
from tests.unit.providers.openai.world import grammar, written

FULL = Means("max_tokens", developer=True, refusals=True, signatures=True, reasoning="reasoning_content", top_k=True)
HI = Turn(Role.USER, (Text("Hi"),))
IMAGE = Media("image", "image/png", "AAAA")


def messages(*turns: Turn, means: Means = OPENAI, dropped: list[str] | None = None, **fields: Any) -> Any:
    body, lost = written(Conversation(turns), means, **fields)
    assert lost == (dropped or [])
    return body["messages"]


def by(role: Role, *parts: Part) -> Turn:
    return Turn(role, parts)


def test_what_tools_answered_comes_before_the_rest_of_the_turn() -> None:
    turn = by(Role.USER, Text("So?"), ToolResult("c1", (Text("one"),)), ToolResult("c2", (Text("a"), Text("b"))))
    assert messages(turn) == [
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": t} for t in "ab"]},
        {"role": "user", "content": "So?"},
    ]


def test_media_that_a_tool_answered_are_shown_by_the_user() -> None:
    assert messages(by(Role.USER, ToolResult("c1", (Text("see"), IMAGE)), ToolResult("c2", ()))) == [
        {"role": "tool", "tool_call_id": "c1", "content": "see"},
        {"role": "tool", "tool_call_id": "c2", "content": ""},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "From the tool call c1:"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
        },
    ]


def test_an_answer_with_calls_and_no_text_has_no_content() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    assert messages(by(Role.ASSISTANT, ToolCall("c1", "look", "{}")), by(Role.ASSISTANT)) == [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "assistant", "content": ""},
    ]


def test_what_was_thought_goes_back_only_to_who_takes_it() -> None:
    turn = by(Role.ASSISTANT, Reasoning("Hm", "sig"), ToolCall("c1", "look", "{}", signature="proof"))
    (message,) = messages(turn, dropped=["reasoning"])
    assert set(message) == {"role", "content", "tool_calls"}
    assert "extra_content" not in message["tool_calls"][0]
    (message,) = messages(turn, means=FULL, dropped=["reasoning"])  # the signature of the thought
    assert message["reasoning_content"] == "Hm"
    assert message["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "proof"}}
    messages(by(Role.ASSISTANT, Reasoning("Hm"), Text("Hi")), means=FULL)


def test_a_compatible_vendor_is_told_what_all_know() -> None:
    conversation = Conversation(
        (by(Role.DEVELOPER, Text("Be kind.")), by(Role.ASSISTANT, Refusal("No"), Text("Yes"))), max_tokens=5
    )
    body, _ = written(conversation)
    assert body["max_completion_tokens"] == 5
    assert body["messages"][0]["role"] == "developer"
    assert body["messages"][1]["content"][0] == {"type": "refusal", "refusal": "No"}
    body, _ = written(conversation, COMPATIBLE)
    assert body["max_tokens"] == 5
    assert body["messages"][0] == {"role": "system", "content": "Be kind."}
    assert body["messages"][1]["content"] == [{"type": "text", "text": "No"}, {"type": "text", "text": "Yes"}]


@pytest.mark.parametrize(
    ("part", "dropped"),
    [
        (Text("Hi", cache="5m"), "cache_control"),
        (Text("Hi", citations=(Citation(url="u"),)), "citations"),
        (Media("image", url="u", cache="1h"), "cache_control"),
        (Media("document", "application/pdf", "AAAA", cited=True), "citations"),
        (ToolResult("c1", (), cache="5m"), "cache_control"),
        (ToolResult("c1", (), failed=True), "is_error"),
    ],
)
def test_hints_are_left_out_with_a_warning(part: Part, dropped: str) -> None:
    messages(by(Role.USER, part), dropped=[dropped])
    with pytest.raises(Failure) as refused:
        messages(by(Role.USER, part), unsupported=Unsupported.ERROR)
    assert (refused.value.reason, refused.value.detail) == (Reason.UNSUPPORTED_BY_TARGET, {"param": dropped})


@pytest.mark.parametrize(
    ("turn", "param"),
    [
        (by(Role.USER, Text("Hi"), Media("document", url="https://a/b.pdf")), "document.url"),
        (by(Role.USER, Text("Hi"), Media("audio", url="https://a/b.wav")), "audio.url"),
        (by(Role.USER, Text("Hi"), Media("image", file_id="f")), "image.file_id"),
        (by(Role.ASSISTANT, Text("Hi"), IMAGE), "messages.media"),
        (by(Role.SYSTEM, IMAGE, Text("Hi")), "messages.media"),
        (by(Role.USER, Text("Hi"), Reasoning("Hm")), "messages.reasoning"),
    ],
)
def test_what_a_question_is_about_is_not_left_out_unless_the_route_says_so(turn: Turn, param: str) -> None:
    with pytest.raises(Failure) as refused:
        messages(turn)
    assert (refused.value.reason, refused.value.detail) == (Reason.UNSUPPORTED_BY_TARGET, {"param": param})
    (message,) = messages(turn, unsupported=Unsupported.DROP, dropped=[param])
    assert "Hi" in json.dumps(message["content"])


def test_what_a_document_is_said_to_be_is_told_before_it() -> None:
    document = Media("document", "application/pdf", "AAAA", context="The contract")
    (message,) = messages(by(Role.USER, document))
    assert message["content"] == [
        {"type": "text", "text": "The contract"},
        {"type": "file", "file": {"filename": "document.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
    ]


def test_a_prefix_is_the_last_message() -> None:
    assert messages(HI, prefix="It is") == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "It is"},
    ]


@pytest.mark.parametrize("wanted", [True, False])
def test_a_streams_usage_is_always_asked_for(wanted: bool) -> None:
    conversation = Conversation((HI,), usage_wanted=wanted)
    request = grammar().write_request(conversation, "up", stream=True, prefix="", losses=Losses("t"))
    body = json.loads(request.body)
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})
    assert request.usage_hidden is not wanted
    assert request.path == "/chat/completions"
    request = grammar().write_request(conversation, "up", stream=False, prefix="", losses=Losses("t"))
    assert set(json.loads(request.body)) == {"model", "messages"}
    assert not request.usage_hidden


def test_schemas_are_copied_as_they_stand() -> None:
    schema = msgspec.Raw(b'{ "type" : "object",\n"x":1e0 }')
    conversation = Conversation((HI,), tools=(Tool("look", parameters=schema, cache="5m"),), format=Format(schema))
    losses = Losses("t")
    request = grammar().write_request(conversation, "up", stream=False, prefix="", losses=losses)
    assert request.body.count(bytes(schema)) == 2
    assert json.loads(request.body)["response_format"]["json_schema"]["name"] == "answer"
    assert losses.dropped == ["cache_control"]


@pytest.mark.parametrize(
    ("thinking", "effort", "dropped"),
    [
        (Thinking(off=True), "none", []),
        (Thinking("max"), "max", []),
        (Thinking("low", budget=9000), "low", []),
        (Thinking(budget=1024), "low", ["thinking.budget_tokens"]),
        (Thinking(budget=2048), "medium", ["thinking.budget_tokens"]),
        (Thinking(budget=32000), "high", ["thinking.budget_tokens"]),
        (Thinking(), None, []),
    ],
)
def test_thinking_is_asked_for_by_a_word(thinking: Thinking, effort: str | None, dropped: list[str]) -> None:
    body, lost = written(Conversation((HI,), thinking=thinking))
    assert (body.get("reasoning_effort"), lost) == (effort, dropped)


def test_top_k_goes_to_who_knows_it() -> None:
    conversation = Conversation((HI,), top_k=4)
    assert written(conversation)[1] == ["top_k"]
    body, dropped = written(conversation, FULL)
    assert (body["top_k"], dropped) == (4, [])
