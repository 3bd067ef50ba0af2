"""What Anthropic's messages were sent: https://platform.claude.com/docs/en/api/messages."""

import base64
from typing import Any

from tests.matrix.asked import Called, Image, JSONObject, Received, Tool


def read(body: JSONObject) -> Received:
    """See Reader."""
    messages = body["messages"]
    asked = next(each for each in messages if each["role"] == "user")
    blocks = [block for message in messages for block in _blocks(message["content"])]
    return Received(
        model=body["model"],
        stream=body.get("stream", False),
        system=_text(body.get("system", "")),
        text=_text(asked["content"]),
        images=tuple(_image(block["source"]) for block in blocks if block["type"] == "image"),
        tools=tuple(Tool(tool["name"], tool["description"], tool["input_schema"]) for tool in body.get("tools") or ()),
        schema=body["output_config"]["format"]["schema"] if "output_config" in body else None,
        stop=tuple(body.get("stop_sequences") or ()),
        max_tokens=body["max_tokens"],
        calls=tuple(
            Called(block["id"], block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"
        ),
        results={block["tool_use_id"]: _text(block["content"]) for block in blocks if block["type"] == "tool_result"},
    )


def _blocks(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _text(content: Any) -> str:
    return "".join(block["text"] for block in _blocks(content) if block["type"] == "text")


def _image(source: JSONObject) -> Image:
    if source["type"] == "url":
        return Image("", url=source["url"])
    return Image(source["media_type"], base64.b64decode(source["data"], validate=True))
