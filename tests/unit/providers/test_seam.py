"""An answer that broke off after white space, gone on with by vendors that refuse to be told of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.providers.application.ports import Dialect
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.seam import Seam, left_out
from tests.unit.providers.bedrock import frames
from tests.unit.providers.known import VENDORS

CHAT: dict[str, Any] = {"model": "chat", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}
CASES = [
    ("Hello ", [" world"], "world"),
    ("Hello ", ["world"], "world"),
    ("Hello", [" world"], " world"),
    ("Hello ", ["  world"], " world"),
    ("Hello \n", [" ", "\nworld"], "world"),
    ("Hello \n", ["\nworld"], "world"),
    ("Hello ", ["\n\n", "world"], "\n\nworld"),
    ("def f():\n    ", ["\n    return", " 1"], "return 1"),
    ("Hello ", [" ", "world", " again"], "world again"),
]


@pytest.mark.parametrize(("prefix", "pieces", "rest"), CASES)
def test_white_space_that_the_caller_has_is_not_said_again(prefix: str, pieces: list[str], rest: str) -> None:
    seam = Seam(left_out(prefix))
    assert "".join(map(seam.joined, pieces)) == rest


@given(st.text(), st.lists(st.text()))
def test_nothing_else_is_left_out(prefix: str, pieces: list[str]) -> None:
    seam, text = Seam(left_out(prefix)), "".join(pieces)
    rest = "".join(map(seam.joined, pieces))
    assert text.endswith(rest)
    assert not text[: len(text) - len(rest)].strip()
    assert rest.lstrip() == text.lstrip()


def sse(*events: dict[str, Any]) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)


def claude(pieces: list[str]) -> bytes:
    said = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": each}} for each in pieces
    ]
    return sse(
        {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "c"}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *said,
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    )


def converse(pieces: list[str]) -> bytes:
    said = b"".join(frames.delta(0, text=each) for each in pieces)
    return frames.BEGIN + said + frames.stop(0) + frames.finish() + frames.END


def heard(dialect: Dialect, caller: CallerDialect, prefix: str, stream: bytes) -> str:
    asked = Envelope("r", 1, "acme", "up", "claude-sonnet-4-5", json.dumps(CHAT).encode(), prefix, None, "", caller)
    decoder = dialect.decoder(dialect.request(asked, stream=True))
    given = [*decoder.feed(stream), *decoder.close()]
    said = [json.loads(frame.data) for frame in given if frame.data]
    if caller is CallerDialect.ANTHROPIC_MESSAGES:
        texts = [event["delta"]["text"] for event in said if event.get("delta", {}).get("type") == "text_delta"]
    else:
        texts = [choice["delta"].get("content") or "" for chunk in said for choice in chunk["choices"]]
    assert "".join(frame.text for frame in given) == "".join(texts)
    return "".join(texts)


@pytest.mark.parametrize("caller", [CallerDialect.OPENAI_CHAT, CallerDialect.ANTHROPIC_MESSAGES])
@pytest.mark.parametrize(("vendor", "write"), [("anthropic", claude), ("bedrock", converse)])
@pytest.mark.parametrize(("prefix", "pieces", "rest"), CASES)
def test_the_rest_follows_what_was_said_whoever_asks(
    vendor: str, write: Any, caller: CallerDialect, prefix: str, pieces: list[str], rest: str
) -> None:
    assert heard(VENDORS[vendor].spoken_to(caller), caller, prefix, write(pieces)) == rest
