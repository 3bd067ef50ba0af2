"""OpenAI's SDK and its Responses API."""

import json
from typing import Any

import openai
from openai.types.responses import Response, ResponseStreamEvent

from tests.e2e.system import System
from tests.matrix.asked import Asked, Called, Heard
from tests.matrix.callers.openai_chat import address
from tests.matrix.callers.openai_errors import dropped, error_of

_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}


class OpenAIResponses:
    """See Caller. Nothing is kept: what was said is said again."""

    def __init__(self, system: System) -> None:
        self._client = system.openai(max_retries=0, timeout=60.0)

    async def ask(self, model: str, asked: Asked, *, stream: bool) -> Heard:
        """See Caller."""
        heard = Heard()
        create: Any = self._client.responses.with_raw_response.create
        try:
            raw = await create(**_body(asked), model=model, store=False, stream=stream)
            response = await self._follow(raw.parse(), heard) if stream else Response.model_validate_json(raw.text)
            heard.dropped = dropped(raw.headers)
            _hear(response, heard)
        except openai.APIError as error:
            heard.error = error_of(error)
        return heard

    async def close(self) -> None:
        """See Caller."""
        await self._client.close()

    async def _follow(self, events: openai.AsyncStream[ResponseStreamEvent], heard: Heard) -> Response:
        last: Response | None = None
        number: int | None = None
        async for event in events:
            assert last is None, f"after the end: {event}"
            type(event).model_validate(event.to_dict())
            assert number is None or event.sequence_number == number + 1, "an event is missing"
            number = event.sequence_number
            if event.type == "response.output_text.delta":
                heard.text += event.delta
            heard.pieces += event.type in {"response.output_text.delta", "response.function_call_arguments.delta"}
            if event.type in {"response.completed", "response.incomplete"}:
                last = event.response
        assert last is not None, "the stream has no end"
        return last


def _body(asked: Asked) -> dict[str, Any]:
    said: list[dict[str, Any]] = [{"type": "input_text", "text": asked.text}]
    if asked.image is not None:
        said.append({"type": "input_image", "image_url": address(asked.image), "detail": "auto"})
    body: dict[str, Any] = {
        "instructions": asked.system,
        "input": [{"role": "user", "content": said}],
        "max_output_tokens": asked.max_tokens,
    }
    if asked.results:
        body["input"] += asked.said
        body["input"] += [
            {"type": "function_call_output", "call_id": result.call.id, "output": result.text}
            for result in asked.results
        ]
    if asked.tools:
        body["tools"] = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                "strict": False,
            }
            for tool in asked.tools
        ]
    if asked.schema is not None:
        body["text"] = {"format": {"type": "json_schema", "name": "report", "schema": asked.schema, "strict": True}}
    if asked.stop:
        # The API has no word for it; who writes it all the same is told what became of it.
        body["extra_body"] = {"stop": list(asked.stop)}
    return body


def _hear(response: Response, heard: Heard) -> None:
    assert heard.text in {"", response.output_text}, "the events are not what they make"
    heard.text, heard.model = response.output_text, response.model
    calls = [item for item in response.output if item.type == "function_call"]
    heard.calls = tuple(Called(call.call_id, call.name, json.loads(call.arguments)) for call in calls)
    heard.said = [item.to_dict() for item in response.output]
    if response.status == "incomplete":
        assert response.incomplete_details is not None
        heard.finish_reason = _REASONS[response.incomplete_details.reason or ""]
    else:
        assert response.status == "completed"
        heard.finish_reason = "tool_calls" if calls else "stop"
    usage = response.usage
    assert usage is not None, "no usage"
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    heard.input_tokens, heard.output_tokens = usage.input_tokens, usage.output_tokens
