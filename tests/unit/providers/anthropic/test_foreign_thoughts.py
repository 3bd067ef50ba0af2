"""Thoughts that another vendor signed do not reach Claude, and find their way back to who signed them."""

import json
from typing import Any

import pytest

from services.providers.adapters.anthropic.grammar import AnthropicGrammar
from services.providers.adapters.anthropic.requests import message_request
from services.providers.adapters.gemini.grammar import GeminiGrammar
from services.providers.domain.conversation import Reasoning, ToolCall
from services.providers.domain.losses import Losses
from services.providers.domain.reply import (
    TOOL_CALLS,
    ArgumentsAdded,
    Began,
    Choice,
    Event,
    Finish,
    Finished,
    ReasoningAdded,
    Reply,
    ToolCallBegan,
)

HI = {"role": "user", "content": "Hi"}
OWN = {"type": "thinking", "thinking": "Hm", "signature": "EqQB"}
CALL = {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": "sky"}}
CALLED = ToolCall("c1", "look", '{"at":"sky"}', signature="gemini-call:abc")
ANTHROPIC = AnthropicGrammar(lambda: "msg_1")


def thought(signature: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": "", "signature": signature}


def sent(*blocks: dict[str, Any], model: str = "claude-opus-4-6") -> tuple[list[Any], tuple[str, ...]]:
    body = json.dumps({"model": "x", "messages": [HI, {"role": "assistant", "content": blocks}, HI]}).encode()
    request = message_request(body, model, stream=False)
    return json.loads(request.body)["messages"], request.dropped


@pytest.mark.parametrize("signature", ["gemini:abc", "gemini-call:abc", ""])
def test_what_claude_did_not_sign_is_not_shown_to_it(signature: str) -> None:
    messages, dropped = sent(thought(signature), OWN, CALL)
    assert messages == [HI, {"role": "assistant", "content": [OWN, CALL]}, HI]
    assert dropped == ("messages.content.thinking",)


def test_a_turn_of_nothing_else_is_left_out() -> None:
    assert sent(thought("gemini:abc"))[0] == [HI, HI]


def test_what_is_claudes_own_passes_untouched() -> None:
    body = json.dumps({"model": "claude", "messages": [{"role": "assistant", "content": [OWN, CALL]}]}).encode()
    request = message_request(body, "claude", stream=False)
    assert request.body is body
    assert request.dropped == ()


def test_models_that_sign_nothing_are_given_their_thoughts_back() -> None:
    messages, dropped = sent(thought(""), CALL, model="deepseek-v4")
    assert messages[1]["content"] == [thought(""), CALL]
    assert dropped == ()
    assert sent(thought(""), thought("gemini:a"), CALL, model="deepseek-v4")[0][1]["content"] == [thought(""), CALL]


def test_what_claude_did_not_sign_is_told_where_it_is_asked_in_translation() -> None:
    conversation = ANTHROPIC.read_request(
        json.dumps(
            {"max_tokens": 1, "messages": [HI, {"role": "assistant", "content": [thought("gemini:a"), CALL]}]}
        ).encode()
    )
    losses = Losses("it")
    request = ANTHROPIC.write_request(conversation, "claude-x", stream=False, prefix="", losses=losses)
    assert json.loads(request.body)["messages"][1]["content"] == [CALL]
    assert losses.dropped == ["messages.reasoning"]


def test_the_signature_of_a_call_stands_before_it_and_goes_back_with_it() -> None:
    reply = Reply("a", "gemini-3", (Choice((Reasoning("Hm", "gemini:x"), CALLED), Finish(TOOL_CALLS)),))
    content = json.loads(ANTHROPIC.write_answer(reply))["content"]
    assert content[1:] == [thought("gemini-call:abc"), CALL]
    back = ANTHROPIC.read_request(
        json.dumps({"max_tokens": 1, "messages": [HI, {"role": "assistant", "content": content}]}).encode()
    )
    asked = GeminiGrammar().write_request(back, "gemini-3-pro", stream=False, prefix="", losses=Losses("it"))
    parts = json.loads(asked.body)["contents"][1]["parts"]
    assert [part.get("thoughtSignature") for part in parts] == ["x", "abc"]
    assert parts[1]["functionCall"]["name"] == "look"


def test_so_it_does_in_a_stream() -> None:
    writer = ANTHROPIC.writer(ANTHROPIC.read_request(b'{"max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}'))
    said: list[Event] = [
        Began("a", "gemini-3"),
        ReasoningAdded("Hm"),
        ToolCallBegan(0, "c1", "look", signature="gemini-call:abc"),
        ArgumentsAdded(0, "{}"),
        Finished(Finish(TOOL_CALLS)),
    ]
    events = [json.loads(data) for event in said for data in writer.write(event)]
    starts = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    assert starts == ["thinking", "thinking", "tool_use"]
    signed = [event for event in events if event.get("delta", {}).get("type") == "signature_delta"]
    assert [(event["index"], event["delta"]["signature"]) for event in signed] == [(1, "gemini-call:abc")]
