"""Callers from before there were tools: what they ask with `functions` is answered with a `function_call`."""

import json
from typing import Any

from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from services.providers.domain.conversation import Part, ToolCall
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    Choice,
    Event,
    Finish,
    Finished,
    Reply,
    ToolCallBegan,
)
from tests.unit.providers.known import VENDORS
from tests.unit.providers.openai.world import grammar

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
ASKED: dict[str, Any] = {
    "model": "chat",
    "messages": [{"role": "user", "content": "Is it raining in Kiel?"}],
    "functions": [{"name": "weather", "description": "d", "parameters": SCHEMA}],
    "function_call": "auto",
}
CONVERSATION = grammar().read_request(json.dumps(ASKED).encode())
KIEL, BONN = ToolCall("a", "weather", '{"city":"Kiel"}'), ToolCall("b", "weather", '{"city":"Bonn"}')
CALLED = Finish("tool_calls")


def whole(*parts: Part) -> ChatCompletion:
    reply = Reply("r", "m", (Choice(parts, CALLED),))
    return ChatCompletion.model_validate_json(grammar().write_answer(reply, CONVERSATION))


def streamed(*events: Event) -> Any:
    writer, state = grammar().writer(CONVERSATION), ChatCompletionStreamState[None]()
    for event in (Began("r", "m"), *events, Finished(CALLED)):
        for data in writer.write(event):
            state.handle_chunk(ChatCompletionChunk.model_validate_json(data))
    return state.current_completion_snapshot.choices[0]


def test_a_call_is_told_as_a_function_call() -> None:
    choice = whole(KIEL).choices[0]
    call = choice.message.function_call
    assert call is not None
    assert (call.name, call.arguments) == ("weather", '{"city":"Kiel"}')
    assert (choice.finish_reason, choice.message.tool_calls) == ("function_call", None)


def test_a_streamed_call_is_told_as_a_function_call() -> None:
    pieces = (ArgumentsAdded(0, '{"city":'), ArgumentsAdded(0, '"Kiel"}'))
    choice = streamed(ToolCallBegan(0, "a", "weather"), *pieces)
    call = choice.message.function_call
    assert (call.name, call.arguments) == ("weather", '{"city":"Kiel"}')
    assert (choice.finish_reason, choice.message.tool_calls) == ("function_call", None)


def test_of_several_calls_none_is_lost() -> None:
    message = whole(KIEL, BONN).choices[0].message
    assert message.function_call is not None
    assert json.loads(message.function_call.arguments) == {"city": "Kiel"}
    assert [call.id for call in message.tool_calls or ()] == ["b"]


def test_what_the_function_said_goes_to_the_vendor_with_its_call() -> None:
    said = whole(KIEL).choices[0].message.to_dict()
    answered = {"role": "function", "name": "weather", "content": "rain"}
    body = json.dumps({**ASKED, "messages": [*ASKED["messages"], said, answered]}).encode()
    asked = Envelope("r", 1, "acme", "up", "claude-opus-4-6", body, "", None, "", CallerDialect.OPENAI_CHAT)
    request = VENDORS["anthropic"].spoken_to(CallerDialect.OPENAI_CHAT).request(asked, stream=False)
    assert request.dropped == ()
    _, call, result = json.loads(request.body)["messages"]
    (made,), (heard,) = call["content"], result["content"]
    assert (made["name"], made["input"]) == ("weather", {"city": "Kiel"})
    assert (heard["tool_use_id"], heard["content"]) == (made["id"], "rain")
    assert json.loads(request.body)["tools"] == [{"name": "weather", "description": "d", "input_schema": SCHEMA}]


def test_who_asks_with_tools_hears_of_tools() -> None:
    tools = [{"type": "function", "function": ASKED["functions"][0]}]
    asked = grammar().read_request(json.dumps({**ASKED, "functions": None, "tools": tools}).encode())
    body = grammar().write_answer(Reply("r", "m", (Choice((KIEL,), CALLED),)), asked)
    choice = ChatCompletion.model_validate_json(body).choices[0]
    assert (choice.finish_reason, choice.message.function_call) == ("tool_calls", None)
