"""What the gateway reads of an Anthropic-shaped chat."""

import json
from typing import Any

import pytest

from resilience.errors import Failure, Reason
from services.gateway.domain.chat import Chat
from services.gateway.domain.dialects.anthropic_messages import ANTHROPIC_MESSAGES

IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}
SCHEMA = {"type": "json_schema", "schema": {"type": "object"}}
TOOL = {"name": "look", "input_schema": {"type": "object"}}


def read(content: Any = "hi", **fields: Any) -> Chat:
    body = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": content}], **fields}
    return ANTHROPIC_MESSAGES.read(json.dumps(body, separators=(",", ":")).encode())


def test_a_plain_text_asks_for_nothing_special() -> None:
    chat = read([{"type": "text", "text": '"image"'}], thinking={"type": "disabled"}, system="be brief", tools=[])
    assert (chat.model, chat.stream, chat.plain, chat.tools, chat.json_schema, chat.vision) == (
        "m",
        False,
        True,
        False,
        False,
        False,
    )
    assert read(stream=True).stream


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"tools": [TOOL]}, {"tools": True}),
        ({"output_config": {"format": SCHEMA}}, {"json_schema": True}),
        ({"output_format": SCHEMA}, {"json_schema": True}),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, {}),
        ({"thinking": {"type": "adaptive"}}, {}),
        ({"mcp_servers": [{"type": "url"}]}, {}),
    ],
)
def test_what_is_more_than_a_text_is_seen(fields: dict[str, Any], asked: dict[str, bool]) -> None:
    chat = read(**fields)
    assert not chat.plain
    assert (chat.tools, chat.json_schema) == (asked.get("tools", False), asked.get("json_schema", False))


@pytest.mark.parametrize("effort", [{"effort": "low"}, {"effort": "low", "format": None}, None])
def test_effort_alone_is_no_format(effort: dict[str, Any] | None) -> None:
    assert read(output_config=effort).plain


@pytest.mark.parametrize(
    "content", [[IMAGE], [{"type": "tool_result", "tool_use_id": "t", "content": [IMAGE]}]], ids=["said", "by a tool"]
)
def test_images_are_seen(content: Any) -> None:
    assert read(content).vision


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{", None),
        (b"[]", None),
        (b'{"model":"m"}', None),
        (b'{"model":"","messages":[{"role":"user"}]}', "model"),
        (b'{"model":"m","messages":[]}', "messages"),
        (b'{"model":"m","messages":[{"role":7}]}', "messages[0].role"),
        (b'{"model":"m","messages":[{"role":"user"}],"stream":"yes"}', "stream"),
    ],
)
def test_what_is_not_a_chat_is_told_so_with_its_field(body: bytes, param: str | None) -> None:
    with pytest.raises(Failure) as raised:
        ANTHROPIC_MESSAGES.read(body)
    assert raised.value.reason is Reason.INVALID_REQUEST
    assert raised.value.detail.get("param") == param
