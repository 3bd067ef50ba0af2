"""Anthropic's SDK and its messages."""

import base64
from typing import Any

import anthropic
from anthropic.types import Message

from tests.e2e.system import System
from tests.matrix.asked import Asked, Called, Error, Heard
from tests.matrix.callers.openai_errors import dropped, retry_after

_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "refusal": "content_filter",
}


class AnthropicMessages:
    """See Caller."""

    def __init__(self, system: System) -> None:
        self._client = anthropic.AsyncAnthropic(base_url=system.http(), api_key=system.key, max_retries=0, timeout=60.0)

    async def ask(self, model: str, asked: Asked, *, stream: bool) -> Heard:
        """See Caller."""
        heard = Heard()
        body = {**_body(asked), "model": model}
        try:
            if stream:
                async with self._client.messages.stream(**body) as streamed:
                    heard.dropped = dropped(streamed.response.headers)
                    async for event in streamed:
                        heard.pieces += event.type in {"text", "input_json"}
                        heard.text += event.text if event.type == "text" else ""
                    message = Message.model_validate((await streamed.get_final_message()).to_dict())
            else:
                raw = await self._client.messages.with_raw_response.create(**body)
                heard.dropped = dropped(raw.headers)
                message = Message.model_validate_json(await raw.text())
            _hear(message, heard)
        except anthropic.APIStatusError as error:
            heard.error = _error(error)
        return heard

    async def close(self) -> None:
        """See Caller."""
        await self._client.close()


def _body(asked: Asked) -> dict[str, Any]:
    said: list[dict[str, Any]] = [{"type": "text", "text": asked.text}]
    if (image := asked.image) is not None:
        source = {"type": "url", "url": image.url}
        if image.data:
            data = base64.b64encode(image.data).decode()
            source = {"type": "base64", "media_type": image.media_type, "data": data}
        said.append({"type": "image", "source": source})
    body: dict[str, Any] = {
        "system": asked.system,
        "messages": [{"role": "user", "content": said}],
        "max_tokens": asked.max_tokens,
    }
    if asked.results:
        results = [
            {"type": "tool_result", "tool_use_id": result.call.id, "content": result.text} for result in asked.results
        ]
        body["messages"] += [asked.said, {"role": "user", "content": results}]
    if asked.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in asked.tools
        ]
    if asked.schema is not None:
        body["output_config"] = {"format": {"type": "json_schema", "schema": asked.schema}}
    if asked.stop:
        body["stop_sequences"] = list(asked.stop)
    return body


def _hear(message: Message, heard: Heard) -> None:
    text = "".join(block.text for block in message.content if block.type == "text")
    assert heard.text in {"", text}, "the events are not what they make"
    heard.text, heard.model = text, message.model
    heard.calls = tuple(
        Called(block.id, block.name, block.input) for block in message.content if block.type == "tool_use"
    )
    heard.said = message.to_param()
    heard.finish_reason = _REASONS[message.stop_reason or ""]
    usage = message.usage
    cached = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    heard.input_tokens, heard.output_tokens = usage.input_tokens + cached, usage.output_tokens


def _error(error: anthropic.APIStatusError) -> Error:
    """What was raised; in the middle of a stream the status is that of its beginning."""
    assert error.request_id, "an error without the request's id"
    assert isinstance(error.body, dict), f"an error that is no object: {error.body!r}"
    told = error.body["error"]
    assert told["doc_url"], "an error that leads nowhere"
    code, param = error.error_code or "", told["param"] or ""
    if error.response.is_success:
        return Error(code, 0, param)
    assert type(error) is not anthropic.APIStatusError, "a status that the SDK has no class for"
    return Error(code, error.status_code, param, retry_after(error.response.headers))
