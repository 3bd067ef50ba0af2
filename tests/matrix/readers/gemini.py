"""What Gemini's generateContent was sent: https://ai.google.dev/api/generate-content, and /api/caching beside it."""

import base64
from collections.abc import Iterable
from typing import Any

from tests.matrix.asked import Called, Image, JSONObject, Received, Tool

UNSIGNED = {None, "skip_thought_signature_validator"}
"""The signature of a call that has none: https://ai.google.dev/gemini-api/docs/thought-signatures."""


def read(body: JSONObject) -> Received:
    """See Reader. The path says which model is asked, and whether for a stream."""
    parts = [part for content in body["contents"] for part in content["parts"]]
    asked = next(content for content in body["contents"] if content["role"] == "user")
    config = body["generationConfig"]
    tools = [function for tool in body.get("tools", ()) for function in tool["functionDeclarations"]]
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    results = [part["functionResponse"] for part in parts if "functionResponse" in part]
    return Received(
        system=_text(body["systemInstruction"]["parts"]),
        text=_text(asked["parts"]),
        images=(
            *(_bytes(part["inlineData"]) for part in parts if "inlineData" in part),
            *(_address(part["fileData"]) for part in parts if "fileData" in part),
        ),
        tools=tuple(Tool(tool["name"], tool["description"], tool["parametersJsonSchema"]) for tool in tools),
        schema=config.get("responseJsonSchema"),
        stop=tuple(config.get("stopSequences", ())),
        max_tokens=config["maxOutputTokens"],
        calls=tuple(Called(call.get("id", call["name"]), call["name"], call["args"]) for call in calls),
        signed=sum("functionCall" in part and part.get("thoughtSignature") not in UNSIGNED for part in parts),
        results={result.get("id", result["name"]): result["response"]["output"] for result in results},
    )


def _text(parts: Iterable[dict[str, Any]]) -> str:
    return "".join(part.get("text", "") for part in parts)


def _bytes(blob: JSONObject) -> Image:
    return Image(blob["mimeType"], base64.b64decode(blob["data"], validate=True))


def _address(file: JSONObject) -> Image:
    return Image(file.get("mimeType", ""), url=file["fileUri"])
