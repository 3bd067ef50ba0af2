"""A conversation as Cohere is asked, and what is told of it that it has nothing for."""

import json
from base64 import b64encode
from typing import Any

import msgspec
import pytest

from resilience.errors import Failure, Reason
from services.providers.adapters.cohere.dialect import CohereDialect
from services.providers.adapters.cohere.grammar import CohereGrammar
from services.providers.adapters.continuation import GO_ON
from services.providers.domain.conversation import (
    Conversation,
    Format,
    Media,
    Part,
    Reasoning,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from services.providers.domain.envelope import Envelope
from services.providers.domain.losses import Losses

HI = Turn(Role.USER, (Text("Hi"),))
SCHEMA = msgspec.Raw(b'{"type":"object"}')
LOOK, GO = Tool("look", "Looks.", SCHEMA), Tool("go")
NOTE = Media("document", "text/plain", b64encode("Die Flut 🌊".encode()).decode(), name="note", context="old")


def by(role: Role, *parts: Part) -> Turn:
    return Turn(role, parts)


def ask(
    *turns: Turn, prefix: str = "", dropped: list[str] | None = None, stream: bool = False, **asked: Any
) -> dict[str, Any]:
    losses = Losses("it")
    request = CohereGrammar().write_request(
        Conversation(turns or (HI,), **asked), "command-a", stream=stream, prefix=prefix, losses=losses
    )
    assert losses.dropped == (dropped or [])
    assert request.path == "/chat"
    said: dict[str, Any] = json.loads(request.body)
    return said


def test_a_conversation_with_tools_is_told_in_coheres_messages() -> None:
    said = ask(
        by(Role.DEVELOPER, Text("Be brief.")),
        by(Role.USER, Text("What is it?"), Media("image", "image/png", "AAAA", detail="low")),
        by(
            Role.ASSISTANT,
            Reasoning("I look."),
            Text("Wait."),
            ToolCall("c1", "look", "{}"),
            ToolCall("c2", "go", "{}"),
        ),
        by(Role.USER, ToolResult("c1", (Text("sky"),)), ToolResult("c2", (Text("a"), Text("b")))),
        by(Role.ASSISTANT, Reasoning("So."), Text("Sky.")),
        HI,
        tools=(LOOK, GO),
    )
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}
    call = {"type": "function", "function": {"arguments": "{}"}}
    assert said["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "Wait."}],
            "tool_plan": "I look.",
            "tool_calls": [
                {**call, "id": "c1", "function": {"name": "look", "arguments": "{}"}},
                {**call, "id": "c2", "function": {"name": "go", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "sky"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": t} for t in "ab"]},
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "So."}, {"type": "text", "text": "Sky."}],
        },
        {"role": "user", "content": "Hi"},
    ]
    functions = [tool["function"] for tool in said["tools"]]
    assert functions == [
        {"name": "look", "description": "Looks.", "parameters": {"type": "object"}},
        {"name": "go", "parameters": {"type": "object", "properties": {}}},
    ]


def test_calls_alone_have_no_content() -> None:
    (message,) = ask(by(Role.ASSISTANT, Reasoning("Hm"), ToolCall("c1", "look", "{}")))["messages"]
    assert set(message) == {"role", "tool_plan", "tool_calls"}
    (message,) = ask(by(Role.ASSISTANT, ToolCall("c1", "look", "{}")))["messages"]
    assert set(message) == {"role", "tool_calls"}


@pytest.mark.parametrize(
    ("choice", "word", "tools"),
    [
        (None, None, ["look", "go"]),
        (ToolChoice("auto"), None, ["look", "go"]),
        (ToolChoice("none"), "NONE", ["look", "go"]),
        (ToolChoice("required"), "REQUIRED", ["look", "go"]),
        (ToolChoice("tool", "go"), "REQUIRED", ["go"]),
    ],
)
def test_a_tool_that_must_be_called_is_the_only_one(
    choice: ToolChoice | None, word: str | None, tools: list[str]
) -> None:
    said = ask(tools=(LOOK, GO), tool_choice=choice)
    assert (said.get("tool_choice"), [tool["function"]["name"] for tool in said["tools"]]) == (word, tools)


def test_settings_have_coheres_names() -> None:
    said = ask(
        max_tokens=9,
        temperature=0.5,
        top_p=0.9,
        top_k=7,
        seed=3,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        stop=("END",),
        format=Format(SCHEMA, "answer"),
        thinking=Thinking(budget=100),
        stream=True,
    )
    del said["messages"]
    assert said == {
        "model": "command-a",
        "stream": True,
        "max_tokens": 9,
        "temperature": 0.5,
        "p": 0.9,
        "k": 7,
        "seed": 3,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "stop_sequences": ["END"],
        "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
        "thinking": {"type": "enabled", "token_budget": 100},
    }


def test_thinking_is_turned_off() -> None:
    assert ask(thinking=Thinking(off=True))["thinking"] == {"type": "disabled"}
    assert ask(thinking=Thinking(effort="low"), dropped=["reasoning_effort"])["thinking"] == {"type": "enabled"}


def test_numbers_are_kept_in_their_range_and_that_is_told() -> None:
    assert ask(top_p=1.0, dropped=["top_p"])["p"] == 0.99
    assert ask(frequency_penalty=-1.0, dropped=["frequency_penalty"])["frequency_penalty"] == 0.0
    assert ask(top_k=900, dropped=["top_k"])["k"] == 500


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"choices": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"stop": tuple("abcdef")}, "stop"),
    ],
)
def test_what_changes_the_question_is_refused(asked: dict[str, Any], param: str) -> None:
    with pytest.raises(Failure) as refused:
        ask(**asked)
    assert (refused.value.reason, refused.value.detail) == (Reason.UNSUPPORTED_BY_TARGET, {"param": param})


@pytest.mark.parametrize("part", [Media("audio", "audio/wav", "AAAA"), Media("document", "application/pdf", "AAAA")])
def test_sounds_and_documents_that_are_no_texts_are_refused(part: Media) -> None:
    with pytest.raises(Failure):
        ask(by(Role.USER, Text("Hi"), part))


def test_documents_stand_beside_the_messages() -> None:
    data = {"title": "note", "context": "old", "text": "Die Flut 🌊"}
    said = ask(by(Role.USER, NOTE, Text("So?")))
    assert said["messages"] == [{"role": "user", "content": "So?"}]
    assert said["documents"] == [{"id": "document-0", "data": data}]
    assert said["citation_options"] == {"mode": "OFF"}
    assert "citation_options" not in ask(by(Role.USER, msgspec.structs.replace(NOTE, cited=True), Text("So?")))


def test_hints_are_left_out_with_a_warning() -> None:
    ask(user="u", dropped=["user"])
    ask(tools=(LOOK,), parallel_tools=False, dropped=["parallel_tool_calls"])
    assert ask(tools=(Tool("look", strict=True),))["strict_tools"] is True


def test_an_answer_that_broke_off_is_asked_to_go_on() -> None:
    begun = [{"role": "assistant", "content": "It is "}, {"role": "user", "content": GO_ON}]
    assert ask(prefix="It is ")["messages"][1:] == begun
    body = b'{"model":"x","messages":[{"role":"user","content":"Hi"}],"safety_mode":"OFF"}'
    sent = CohereDialect(max_event=1).request(
        Envelope("r", 1, "acme", "co", "command-a", body, "It is ", None, ""), stream=True
    )
    assert json.loads(sent.body) == {
        "model": "command-a",
        "messages": [{"role": "user", "content": "Hi"}, *begun],
        "safety_mode": "OFF",
        "stream": True,
    }
