"""Asks vendors of Gemini's dialect with Google's own SDK, and over sockets for what the SDK hides."""

import json
from typing import Any

from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials

from simulator import Vendor
from tests.integration.simulator.clients import Wire
from tests.stack.eventually import PATIENCE

ASKED = "one two three four five six seven eight"
CONTENTS: list[dict[str, Any]] = [{"role": "user", "parts": [{"text": ASKED}]}]
OLD, NEW = "gemini-2.5-flash", "gemini-3-flash-preview"
MODELS = {"gemini": "/v1beta/models/", "vertex": "/v1/projects/p/locations/l/publishers/google/models/"}
WEATHER: dict[str, Any] = {
    "name": "weather",
    "description": "The weather at a place.",
    "parameters": {"type": "OBJECT", "properties": {"place": {"type": "STRING"}, "days": {"type": "INTEGER"}}},
}
CLOCK: dict[str, Any] = {"name": "clock"}


def sdk(vendor: Vendor, surface: str, key: str = "key-1234") -> genai.Client:
    """The SDK's client: of the Gemini API with a key, or of Vertex AI with a token of that name."""
    options = types.HttpOptions(base_url=vendor.base_url, timeout=int(PATIENCE * 1000))
    if surface == "gemini":
        return genai.Client(api_key=key, http_options=options)
    credentials = Credentials(token=key)  # type: ignore[no-untyped-call]  # google-auth has no types
    return genai.Client(vertexai=True, project="p", location="l", credentials=credentials, http_options=options)


def config(**fields: Any) -> types.GenerateContentConfig:
    """What is asked, as the SDK has it; functions are not called by the SDK."""
    off = types.AutomaticFunctionCallingConfig(disable=True)
    return types.GenerateContentConfig(automatic_function_calling=off, **fields)


def tools(*declarations: dict[str, Any]) -> list[types.Tool]:
    """Functions on offer."""
    return [types.Tool(function_declarations=[types.FunctionDeclaration(**each) for each in declarations])]


async def chunks(client: genai.Client, contents: Any = ASKED, **asked: Any) -> list[types.GenerateContentResponse]:
    """The chunks of a stream."""
    model = asked.pop("model", OLD)
    stream = await client.aio.models.generate_content_stream(model=model, contents=contents, config=config(**asked))
    return [chunk async for chunk in stream]


async def ask(
    client: genai.Client, contents: Any = ASKED, *, stream: bool = False, **asked: Any
) -> types.GenerateContentResponse:
    """The answer as the SDK has it; of a stream the last chunk, with all its first candidate said put together."""
    if not stream:
        model = asked.pop("model", OLD)
        return await client.aio.models.generate_content(model=model, contents=contents, config=config(**asked))
    came = await chunks(client, contents, **asked)
    last = came[-1]
    said = [part for chunk in came for each in chunk.candidates or () if not each.index for part in parts_of(each)]
    assert last.candidates
    # What ends a stream says nothing, and signs what was said.
    last.candidates[0].content = types.Content(role="model", parts=[part for part in said if part.text != ""])
    return last


def parts_of(candidate: types.Candidate) -> list[types.Part]:
    return (candidate.content.parts or []) if candidate.content else []


def parts(answer: types.GenerateContentResponse, index: int = 0) -> list[types.Part]:
    """What a candidate consists of."""
    assert answer.candidates
    return parts_of(answer.candidates[index])


def text(answer: types.GenerateContentResponse, index: int = 0) -> str:
    """What a candidate says, but for its thoughts."""
    return "".join(part.text or "" for part in parts(answer, index) if not part.thought)


def calls(answer: types.GenerateContentResponse) -> list[tuple[str | None, dict[str, Any] | None]]:
    """Names and arguments of the functions that are called."""
    return [(part.function_call.name, part.function_call.args) for part in parts(answer) if part.function_call]


def finish(answer: types.GenerateContentResponse) -> str:
    """The name of the finish reason."""
    assert answer.candidates
    reason = answer.candidates[0].finish_reason
    return reason.name if reason else ""


def spent(answer: types.GenerateContentResponse) -> tuple[int | None, int | None, int | None, int | None]:
    """Tokens of the prompt, of the candidates, of thoughts, and of all."""
    used = answer.usage_metadata
    assert used is not None
    return (used.prompt_token_count, used.candidates_token_count, used.thoughts_token_count, used.total_token_count)


def body(**fields: Any) -> bytes:
    """A request as it is sent."""
    return json.dumps({"contents": CONTENTS, **fields}).encode()


def post(
    wire: Wire, sent: bytes, method: str = "generateContent", *, model: str = OLD, surface: str = "gemini"
) -> None:
    """Send a request to a model, with a key that the surface takes."""
    key = "x-goog-api-key: k" if surface == "gemini" else "authorization: Bearer k"
    head = f"POST {MODELS[surface]}{model}:{method} HTTP/1.1\r\nHost: x\r\n{key}\r\nContent-Length: {len(sent)}\r\n\r\n"
    wire.writer.write(head.encode() + sent)
