"""How Gemini is asked to answer."""

import json
from typing import Any

import msgspec
import pytest

from services.providers.adapters.gemini.models import generation
from services.providers.domain.conversation import Conversation, Format, Thinking, Tool, ToolChoice
from services.providers.domain.losses import Losses
from tests.unit.providers.gemini.asking import GRAMMAR, HI, NEW, OLD, ask, lost


def config(**asked: Any) -> Any:
    return ask(**asked)["generationConfig"]


def test_a_question_has_nothing_that_was_not_asked() -> None:
    assert ask() == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def test_every_setting_has_its_name() -> None:
    assert config(
        max_tokens=5,
        temperature=0.5,
        top_p=0.9,
        top_k=3,
        stop=("a", "b"),
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        choices=2,
        logprobs=True,
        top_logprobs=4,
    ) == {
        "maxOutputTokens": 5,
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 3,
        "stopSequences": ["a", "b"],
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "candidateCount": 2,
        "responseLogprobs": True,
        "logprobs": 4,
    }


def test_the_number_of_choices_is_told_to_the_decoder() -> None:
    request = GRAMMAR.write_request(Conversation((HI,), choices=3), OLD, stream=True, prefix="", losses=Losses("it"))
    assert (request.path, request.choices) == ("/models/gemini-2.5-flash:streamGenerateContent?alt=sse", 3)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (Format(), {"responseMimeType": "application/json"}),
        (
            Format(msgspec.Raw(b'{"type": "object"}'), "n", strict=True),
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
        ),
    ],
)
def test_json_is_asked_for(given: Format, written: dict[str, Any]) -> None:
    assert config(format=given) == written


def test_tools_keep_their_schema() -> None:
    schema = b'{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{"type":"integer"}}}'
    tools = (Tool("f", "does it", msgspec.Raw(schema)), Tool("g"))
    assert ask(tools=tools)["tools"] == [
        {
            "functionDeclarations": [
                {"name": "f", "description": "does it", "parametersJsonSchema": json.loads(schema)},
                {"name": "g"},
            ]
        }
    ]


@pytest.mark.parametrize(
    ("choice", "strict", "mode"),
    [
        (None, None, None),
        (None, True, {"mode": "VALIDATED"}),
        (ToolChoice("auto"), None, {"mode": "AUTO"}),
        (ToolChoice("auto"), True, {"mode": "VALIDATED"}),
        (ToolChoice("none"), True, {"mode": "NONE"}),
        (ToolChoice("required"), None, {"mode": "ANY"}),
        (ToolChoice("tool", "f"), None, {"mode": "ANY", "allowedFunctionNames": ["f"]}),
    ],
)
def test_a_choice_of_tools_is_a_mode(choice: ToolChoice | None, strict: bool | None, mode: Any) -> None:
    body = ask(tools=(Tool("f", strict=strict),), tool_choice=choice)
    assert body.get("toolConfig", {}).get("functionCallingConfig") == mode


def test_without_tools_there_is_no_choice() -> None:
    assert "toolConfig" not in ask(tool_choice=ToolChoice("auto"))


@pytest.mark.parametrize(
    ("thinking", "name", "written", "warned"),
    [
        (Thinking(), OLD, {"includeThoughts": True}, False),
        (Thinking(budget=99), OLD, {"includeThoughts": True, "thinkingBudget": 99}, False),
        (Thinking(budget=24576), OLD, {"includeThoughts": True, "thinkingBudget": 24576}, False),
        (Thinking(budget=50_000), OLD, {"includeThoughts": True, "thinkingBudget": 24576}, True),
        (Thinking(budget=50_000), "gemini-2.5-pro", {"includeThoughts": True, "thinkingBudget": 32768}, True),
        (Thinking(budget=99), "gemini-2.5-pro", {"includeThoughts": True, "thinkingBudget": 128}, True),
        (Thinking(budget=99), "gemini-2.5-flash-lite", {"includeThoughts": True, "thinkingBudget": 512}, True),
        (Thinking("low"), OLD, {"includeThoughts": True, "thinkingBudget": 1024}, False),
        (Thinking("high"), "gemini-2.5-pro", {"includeThoughts": True, "thinkingBudget": 24576}, False),
        (Thinking(off=True), OLD, {"thinkingBudget": 0}, False),
        (Thinking(off=True), "gemini-2.5-pro", {"thinkingBudget": 128}, True),
        (Thinking("medium"), NEW, {"includeThoughts": True, "thinkingLevel": "MEDIUM"}, False),
        (Thinking("minimal"), NEW, {"includeThoughts": True, "thinkingLevel": "MINIMAL"}, False),
        (Thinking("minimal"), "gemini-3.1-pro-preview", {"includeThoughts": True, "thinkingLevel": "LOW"}, False),
        (Thinking(budget=99), NEW, {"includeThoughts": True, "thinkingBudget": 99}, False),
        (Thinking(off=True), NEW, {"thinkingLevel": "MINIMAL"}, True),
        (Thinking("none"), "gemini-3.1-pro-preview", {"thinkingLevel": "LOW"}, True),
        (Thinking("some"), NEW, {"includeThoughts": True}, True),
        (Thinking("high"), "gemini-2.0-flash", None, True),
        (Thinking(off=True), "gemini-2.0-flash", None, False),
    ],
)
def test_thinking_is_asked_for_as_the_model_takes_it(
    thinking: Thinking, name: str, written: Any, *, warned: bool
) -> None:
    losses = Losses("it")
    body = ask(model=name, thinking=thinking, losses=losses)
    assert body.get("generationConfig", {}).get("thinkingConfig") == written
    assert losses.dropped == (["thinking"] if warned else [])


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("gemini-2.5-flash-lite", 2.5),
        ("models/gemini-3.1-pro-preview", 3.1),
        ("gemini-4-flash", 4.0),
        ("gemini-flash-latest", 3.0),
        ("gemini-flash-lite-latest", 3.0),
        ("gemma-3-27b-it", 0.0),
        ("tunedModels/mine", 0.0),
    ],
)
def test_a_model_tells_its_generation(name: str, number: float) -> None:
    assert generation(name) == number


@pytest.mark.parametrize(
    ("asked", "warned"),
    [
        ({"user": "u"}, ["user"]),
        ({"parallel_tools": False, "tools": (Tool("f"),)}, ["parallel_tool_calls"]),
        ({"parallel_tools": True, "tools": (Tool("f"),)}, []),
        ({"tools": (Tool("f", cache="5m"),)}, ["cache_control"]),
        ({"format": Format(description="d")}, ["response_format.json_schema.description"]),
    ],
)
def test_what_gemini_has_no_word_for_is_told(asked: dict[str, Any], warned: list[str]) -> None:
    assert lost(**asked) == warned
