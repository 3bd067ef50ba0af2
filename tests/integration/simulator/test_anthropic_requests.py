"""Wrong requests to a vendor of Anthropic's dialect get Anthropic's errors."""

import json
from typing import Any

import pytest

from simulator import Vendor
from tests.integration.simulator.clients import MESSAGES, Wire, message
from tests.stack.eventually import eventually

USER = {"role": "user", "content": "one"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "seen"}
TOOL = {"name": "look", "input_schema": {"type": "object"}}
MARK = {"type": "ephemeral"}


def turns(*contents: Any) -> list[dict[str, Any]]:
    """Messages of the user and the model by turns."""
    return [{"role": ("user", "assistant")[at % 2], "content": content} for at, content in enumerate(contents)]


def image(**source: Any) -> list[dict[str, Any]]:
    return [{"type": "image", "source": source}]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"max_tokens": None}, "max_tokens: Field required"),
    ({"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
    ({"max_tokens": "many"}, "max_tokens: Expected `int | null`, got `str`"),
    ({"model": ""}, "model: Field required"),
    ({"messages": None}, "messages: Field required"),
    ({"messages": []}, "messages: at least one message is required"),
    ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role: Input should be"),
    ({"messages": [{"content": "x"}]}, "messages.0.role: Field required"),
    ({"messages": turns(5)}, "messages.0.content: Expected"),
    ({"messages": turns("")}, "messages.0: all messages must have non-empty content"),
    ({"messages": turns([])}, "messages.0: all messages must have non-empty content"),
    ({"messages": turns([{"type": "text", "text": ""}])}, "messages: text content blocks must be non-empty"),
    ({"messages": turns(" \n")}, "messages: text content blocks must contain non-whitespace text"),
    ({"messages": turns([{"type": "text"}])}, "messages.0.content.0.text.text: Field required"),
    ({"messages": turns([{"type": "video"}])}, "messages.0.content.0: Input tag 'video' found using 'type'"),
    ({"messages": turns("a", "b ")}, "messages: final assistant content cannot end with trailing whitespace"),
    ({"messages": turns([CALL])}, "messages.0.content.0: `tool_use` blocks are not allowed in user messages"),
    ({"messages": turns([RESULT])}, "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks"),
    ({"messages": turns("a", [CALL], "b")}, "messages.1: `tool_use` ids were found without `tool_result` blocks"),
    ({"messages": turns("a", [CALL | {"id": "a b"}])}, "messages.1.content.0.tool_use.id: String should match"),
    ({"messages": turns("a", [CALL | {"input": "{}"}])}, "messages.1.content.0.tool_use.input: Input should be"),
    ({"messages": turns(image(type="base64", media_type="image/bmp", data="AA=="))}, "messages.0.content.0.image"),
    ({"messages": turns(image(type="base64", media_type="image/png", data="?"))}, "messages.0.content.0.image"),
    ({"messages": turns(image(type="url"))}, "messages.0.content.0.image.source.url.url: Field required"),
    ({"messages": turns(image(type="data"))}, "messages.0.content.0.image.source.type: Input should be"),
    ({"system": [{"type": "text", "text": ""}]}, "system: text content blocks must be non-empty"),
    ({"messages": [{"role": "system", "content": "a"}, USER]}, "messages.0: `system` messages must come right after"),
    ({"messages": [USER, {"role": "system", "content": "a"}, USER]}, "messages.1: `system` messages must come"),
    ({"temperature": 1.5}, "temperature: range: 0..1"),
    ({"stop_sequences": [" "]}, "stop_sequences: each stop sequence must contain non-whitespace"),
    ({"tools": [{"name": "a b", "input_schema": {"type": "object"}}]}, "tools.0.custom.name: String should match"),
    ({"tools": [{"name": "a"}]}, "tools.0.custom.input_schema: Field required"),
    ({"tools": [{"name": "a", "input_schema": {"type": "array"}}]}, "tools.0.custom.input_schema.type: Input should"),
    ({"tools": [TOOL, TOOL]}, "tools: Tool names must be unique."),
    ({"tool_choice": {"type": "any"}}, "tool_choice: tool_choice may only be specified while providing tools."),
    ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "b"}}, "Tool 'b' not found in provided tools"),
    ({"tools": [TOOL], "tool_choice": {"type": "required"}}, "tool_choice: Input tag 'required' found"),
    ({"output_config": {"format": {"type": "json_object"}}}, "output_config.format.type: Input should be"),
    ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema: Field required"),
    ({"thinking": {"type": "enabled"}}, "thinking.enabled.budget_tokens: Field required"),
    ({"thinking": {"type": "enabled", "budget_tokens": 5}}, "thinking.enabled.budget_tokens: Input should be greater"),
    ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "`max_tokens` must be greater than"),
    ({"thinking": {"type": "adaptive"}, "temperature": 0}, "`temperature` may only be set to 1"),
    (
        {"thinking": {"type": "adaptive"}, "tools": [TOOL], "tool_choice": {"type": "any"}},
        "Thinking may not be enabled",
    ),
    (
        {"system": [{"type": "text", "text": "a", "cache_control": MARK}] * 5},
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    ({"cache_control": {"type": "ephemeral", "ttl": "2h"}}, "cache_control.ephemeral.ttl: Input should be"),
]


@pytest.fixture
async def socket(claude: Vendor) -> Any:
    opened = await Wire.open(claude.base_url)
    yield opened
    opened.close()


async def refused(wire: Wire) -> tuple[int, str, str]:
    status, body = await wire.response()
    error = json.loads(body)["error"]
    return status, error["type"], error["message"]


@pytest.mark.parametrize(("fields", "said"), WRONG)
async def test_a_wrong_request_is_refused_in_the_vendors_words(
    socket: Wire, claude: Vendor, fields: dict[str, Any], said: str
) -> None:
    socket.post_message(message(**fields))
    status, kind, words = await refused(socket)
    assert (status, kind, words[: len(said)]) == (400, "invalid_request_error", said)
    await eventually(lambda: claude.calls[-1].outcome == "rejected")


@pytest.mark.parametrize("body", [b"", b"{", b'{"model": "\xff"}', b"[]", b'{"model":"m","x":' + b"[" * 100_000])
async def test_what_is_no_json_is_refused(socket: Wire, body: bytes) -> None:
    socket.post_message(body)
    assert (await refused(socket))[:2] == (400, "invalid_request_error")


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": turns("a", [CALL], [RESULT]), "tools": [TOOL]},
        {"messages": turns("a", [CALL, CALL | {"id": "toolu_2"}], [RESULT, RESULT | {"tool_use_id": "toolu_2"}])},
        {"messages": [USER, USER, *turns("a", "b")]},
        {"messages": [*turns("a", "b", "c"), {"role": "system", "content": "be brief"}]},
        {"messages": turns("a", "")},
        {"temperature": 0.5, "top_k": 3, "made_up": {"deep": [1]}},
        {"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}]},
        {
            "messages": turns(
                [{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}}]
            )
        },
        {"messages": turns(image(type="url", url="https://example.com/a.png"))},
    ],
)
async def test_what_the_api_takes_is_taken(socket: Wire, fields: dict[str, Any]) -> None:
    socket.post_message(message(**fields))
    status, body = await socket.response()
    assert (status, json.loads(body)["type"]) == (200, "message")


def asking(body: bytes, *headers: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in (*headers, f"Content-Length: {len(body)}"))
    return f"POST /v1/messages HTTP/1.1\r\n{head}\r\n".encode() + body


KEY, OLD, NEW = "x-api-key: k", "anthropic-version: 2023-06-01", "anthropic-version: 2026-10-21"


@pytest.mark.parametrize(
    ("headers", "status", "kind", "said"),
    [
        ((OLD,), 401, "authentication_error", "x-api-key header is required"),
        ((KEY,), 400, "invalid_request_error", "anthropic-version: header is required"),
        ((KEY, "anthropic-version: 2020-01-01"), 400, "invalid_request_error", "is not a valid version"),
    ],
)
async def test_a_key_and_a_version_are_demanded(
    socket: Wire, headers: tuple[str, ...], status: int, kind: str, said: str
) -> None:
    socket.writer.write(asking(message(), *headers))
    answered = await refused(socket)
    assert answered[:2] == (status, kind)
    assert said in answered[2]


async def test_a_bearer_token_is_as_good_as_a_key(socket: Wire, claude: Vendor) -> None:
    socket.writer.write(asking(message(), "Authorization: Bearer sk-1234", NEW))
    assert (await socket.response())[0] == 200
    assert claude.calls[-1].key_suffix == "1234"


DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}}
CITED = {"type": "text", "text": "a", "citations": [{"type": "char_location"}]}
REMOVED: list[tuple[dict[str, Any], str]] = [
    ({"temperature": 1.0}, "temperature: Extra inputs are not permitted"),
    ({"top_p": 1.0}, "top_p: Extra inputs are not permitted"),
    ({"top_k": 5}, "top_k: Extra inputs are not permitted"),
    ({"messages": turns("a", [DOCUMENT], "b")}, "messages.1.content.0: `document` blocks"),
    ({"messages": turns([CITED])}, "messages.0.content.0: `citations`"),
]


@pytest.mark.parametrize(("fields", "said"), REMOVED)
async def test_the_newer_version_refuses_what_the_older_one_takes(
    socket: Wire, fields: dict[str, Any], said: str
) -> None:
    body = message(**fields)
    socket.writer.write(asking(body, KEY, OLD))
    assert (await socket.response())[0] == 200
    socket.writer.write(asking(body, KEY, NEW))
    status, _, words = await refused(socket)
    assert (status, words[: len(said)]) == (400, said)


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("POST", "/v1/nothing", 404, "not_found_error"),
        ("GET", "/v1/messages", 405, "invalid_request_error"),
        ("DELETE", "/v1/models/a", 405, "invalid_request_error"),
        ("GET", "/v1/models?limit=0", 400, "invalid_request_error"),
        ("GET", "/v1/models?after_id=gone", 400, "invalid_request_error"),
    ],
)
async def test_what_is_not_there_says_so(socket: Wire, method: str, path: str, status: int, kind: str) -> None:
    socket.post_message(b"{}", path, method)
    assert (await refused(socket))[:2] == (status, kind)


async def test_the_size_of_a_wrong_prompt_is_not_told(socket: Wire, claude: Vendor) -> None:
    socket.post_message(json.dumps({"model": "m", "messages": []}).encode(), "/v1/messages/count_tokens")
    assert (await refused(socket))[0] == 400
    body = json.dumps({"model": "m", "messages": MESSAGES}).encode()
    socket.post_message(body, "/v1/messages/count_tokens")
    assert (await socket.response())[1] == b'{"input_tokens":16}'
    assert claude.calls == ()


async def test_a_body_over_32_mb_is_too_large(socket: Wire) -> None:
    socket.post_message(message(filler="x" * (32 * 1024 * 1024)))
    assert (await refused(socket))[:2] == (413, "request_too_large")
