"""What OpenAI was sent: chats, at https://platform.openai.com/docs/api-reference/chat/create, or responses."""

import base64
import json
from typing import Any

from tests.matrix.asked import Called, Image, JSONObject, Received, Tool


def read(body: JSONObject) -> Received:
    """See Reader."""
    return _response(body) if "input" in body else _chat(body)


def _chat(body: JSONObject) -> Received:
    messages = body["messages"]
    asked = next(message for message in messages if message["role"] == "user")
    calls = [call for message in messages for call in message.get("tool_calls") or ()]
    form = body.get("response_format")
    stop = body.get("stop") or ()
    return Received(
        model=body["model"],
        stream=body.get("stream", False),
        system="".join(_text(message) for message in messages if message["role"] in {"system", "developer"}),
        text=_text(asked),
        images=tuple(_image(part["image_url"]["url"]) for part in _parts(asked) if part["type"] == "image_url"),
        tools=tuple(map(_tool, (tool["function"] for tool in body.get("tools") or ()))),
        schema=form["json_schema"]["schema"] if form else None,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        max_tokens=body.get("max_completion_tokens", body.get("max_tokens")),
        calls=tuple(
            Called(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls
        ),
        results={message["tool_call_id"]: _text(message) for message in messages if message["role"] == "tool"},
    )


def _response(body: JSONObject) -> Received:
    """Of https://platform.openai.com/docs/api-reference/responses/create."""
    items = body["input"]
    asked = next(item for item in items if item.get("role") == "user")
    form = body.get("text", {}).get("format")
    return Received(
        model=body["model"],
        stream=body.get("stream", False),
        system=body["instructions"],
        text="".join(part["text"] for part in asked["content"] if part["type"] == "input_text"),
        images=tuple(_image(part["image_url"]) for part in asked["content"] if part["type"] == "input_image"),
        tools=tuple(map(_tool, body.get("tools") or ())),
        schema=form["schema"] if form else None,
        stop=tuple(body.get("stop") or ()),
        max_tokens=body["max_output_tokens"],
        calls=tuple(
            Called(item["call_id"], item["name"], json.loads(item["arguments"]))
            for item in items
            if item.get("type") == "function_call"
        ),
        results={item["call_id"]: item["output"] for item in items if item.get("type") == "function_call_output"},
    )


def _tool(function: JSONObject) -> Tool:
    return Tool(function["name"], function["description"], function["parameters"])


def _parts(message: JSONObject) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _text(message: JSONObject) -> str:
    return "".join(part["text"] for part in _parts(message) if part["type"] == "text")


def _image(url: str) -> Image:
    head, mark, data = url.partition(";base64,")
    if not mark:
        return Image("", url=url)
    return Image(head.removeprefix("data:"), base64.b64decode(data, validate=True))
