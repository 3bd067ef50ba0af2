"""OpenAI's SDK and its chat completions."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import openai
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.e2e.system import System
from tests.matrix.asked import Asked, Called, Heard, Image
from tests.matrix.callers.openai_errors import dropped, error_of


class OpenAIChat:
    """See Caller."""

    def __init__(self, system: System) -> None:
        self._client = system.openai(max_retries=0, timeout=60.0)

    async def ask(self, model: str, asked: Asked, *, stream: bool) -> Heard:
        """See Caller."""
        heard = Heard()
        create: Any = self._client.chat.completions.with_raw_response.create
        try:
            if stream:
                raw = await create(**_body(asked), model=model, stream=True, stream_options={"include_usage": True})
                completion = await self._follow(raw.parse(), heard)
            else:
                raw = await create(**_body(asked), model=model)
                completion = ChatCompletion.model_validate_json(raw.text)
            heard.dropped = dropped(raw.headers)
            _hear(completion, heard)
        except openai.APIError as error:
            heard.error = error_of(error)
        return heard

    async def close(self) -> None:
        """See Caller."""
        await self._client.close()

    async def _follow(self, chunks: openai.AsyncStream[ChatCompletionChunk], heard: Heard) -> ChatCompletion:
        state: ChatCompletionStreamState[None] = ChatCompletionStreamState()
        async for chunk in chunks:
            if chunk.choices:
                # Azure tells what its filters found in a chunk that is none.
                ChatCompletionChunk.model_validate(chunk.to_dict())
            state.handle_chunk(chunk)
            heard.model = chunk.model or heard.model
            for choice in chunk.choices:
                heard.text += choice.delta.content or ""
                heard.pieces += bool(choice.delta.content or choice.delta.tool_calls)
        return ChatCompletion.model_validate(state.current_completion_snapshot.to_dict())


def _body(asked: Asked) -> dict[str, Any]:
    body: dict[str, Any] = {
        "messages": [{"role": "system", "content": asked.system}, {"role": "user", "content": content(asked)}],
        "max_completion_tokens": asked.max_tokens,
    }
    if asked.results:
        body["messages"].append(asked.said)
        body["messages"] += [
            {"role": "tool", "tool_call_id": result.call.id, "content": result.text} for result in asked.results
        ]
    if asked.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
            }
            for tool in asked.tools
        ]
    if asked.schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "report", "schema": asked.schema, "strict": True},
        }
    if asked.stop:
        body["stop"] = list(asked.stop)
    return body


def content(asked: Asked) -> str | list[dict[str, Any]]:
    """A user's message, with its image where there is one."""
    if asked.image is None:
        return asked.text
    return [{"type": "text", "text": asked.text}, {"type": "image_url", "image_url": {"url": address(asked.image)}}]


def address(image: Image) -> str:
    """The image's address; of its bytes, one that holds them."""
    return image.url or f"data:{image.media_type};base64,{base64.b64encode(image.data).decode()}"


def _hear(completion: ChatCompletion, heard: Heard) -> None:
    (choice,) = completion.choices
    text = choice.message.content or ""
    assert heard.text in {"", text}, "the chunks are not what they make"
    heard.text, heard.model = text, heard.model or completion.model
    heard.finish_reason = choice.finish_reason
    calls: list[Mapping[str, Any]] = [call.to_dict() for call in choice.message.tool_calls or ()]
    heard.calls = tuple(
        Called(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls
    )
    heard.said = {
        name: value
        for name, value in choice.message.to_dict().items()
        if value is not None and name not in {"parsed", "tool_calls"}
    }
    if calls:
        # The index that a stream's calls have is none of a message's fields.
        heard.said["tool_calls"] = [{name: call[name] for name in call if name != "index"} for call in calls]
    assert completion.usage is not None, "no usage"
    usage = completion.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    heard.input_tokens, heard.output_tokens = usage.prompt_tokens, usage.completion_tokens
