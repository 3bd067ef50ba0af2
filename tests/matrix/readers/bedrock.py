"""What Bedrock's Converse was sent: botocore `data/bedrock-runtime/2023-09-30/service-2.json`, `ConverseRequest`."""

import base64
import json
from collections.abc import Iterable
from typing import Any

from tests.matrix.asked import Called, Image, JSONObject, Received, Tool


def read(body: JSONObject) -> Received:
    """See Reader. The path says which model is asked, and whether for a stream."""
    messages = body["messages"]
    asked = next(message for message in messages if message["role"] == "user")
    blocks = [block for message in messages for block in message["content"]]
    calls = [block["toolUse"] for block in blocks if "toolUse" in block]
    results = [block["toolResult"] for block in blocks if "toolResult" in block]
    tools = [tool["toolSpec"] for tool in body.get("toolConfig", {}).get("tools", ())]
    form = body.get("outputConfig", {}).get("textFormat")
    return Received(
        system=_text(body["system"]),
        text=_text(asked["content"]),
        images=tuple(_image(block["image"]) for block in blocks if "image" in block),
        tools=tuple(Tool(tool["name"], tool["description"], tool["inputSchema"]["json"]) for tool in tools),
        schema=json.loads(form["structure"]["jsonSchema"]["schema"]) if form else None,
        stop=tuple(body["inferenceConfig"].get("stopSequences", ())),
        max_tokens=body["inferenceConfig"]["maxTokens"],
        calls=tuple(Called(call["toolUseId"], call["name"], call["input"]) for call in calls),
        results={result["toolUseId"]: _text(result["content"]) for result in results},
    )


def _text(blocks: Iterable[dict[str, Any]]) -> str:
    return "".join(block.get("text", "") for block in blocks)


def _image(image: JSONObject) -> Image:
    return Image(f"image/{image['format']}", base64.b64decode(image["source"]["bytes"], validate=True))
