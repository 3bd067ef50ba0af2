"""What Cohere demands of a request for a chat.

Sources: docs.cohere.com/v2/reference/chat and cohere-ai/cohere-python `v2/raw_client.py` (what there must be, and the
ranges of numbers), `types/response_format_v2.py` (what does not go with JSON). Of its words only those that its page of
errors has are known; the others are in their manner.
"""

from __future__ import annotations

from simulator.dialects.cohere.errors import NO_PREFILL
from simulator.dialects.cohere.request import ChatRequest, Message
from simulator.dialects.rejected import RejectedError, bad_request

MAX_STOPS = 5
_RANGES = {
    "temperature": (0.0, float("inf")),
    "p": (0.01, 0.99),
    "k": (0, 500),
    "frequency_penalty": (0.0, 1.0),
    "presence_penalty": (0.0, 1.0),
    "max_tokens": (0, float("inf")),
}
_PARTS = {
    "user": {"text", "image_url"},
    "assistant": {"text", "thinking"},
    "system": {"text"},
    "tool": {"text", "document"},
}


def check(request: ChatRequest) -> None:
    """Raise RejectedError where something is missing, or does not go together."""
    if not request.messages:
        raise _invalid("messages must have at least one message")
    for number, message in enumerate(request.messages):
        _check_message(f"messages[{number}]", message)
    _check_calls(request.messages)
    if request.messages[-1].role not in {"user", "tool"}:
        raise bad_request(NO_PREFILL)
    _check_tools(request)
    _check_numbers(request)
    if request.response_format.type not in {"text", "json_object"}:
        raise _invalid("response_format.type must be one of 'text' or 'json_object'")
    if request.in_json and (request.tools or request.documents):
        raise _invalid("response_format is not supported in combination with documents or tools")
    if request.thinking is not None and request.thinking.type not in {"enabled", "disabled"}:
        raise _invalid("thinking.type must be one of 'enabled' or 'disabled'")


def _invalid(what: str) -> RejectedError:
    return bad_request(f"invalid request: {what}")


def _check_message(where: str, message: Message) -> None:
    if message.role not in _PARTS:
        raise _invalid(f"{where}.role must be one of 'user', 'assistant', 'system' or 'tool'")
    if message.content is None and not message.tool_calls:
        raise _invalid(f"{where}.content is required")
    if message.role == "user" and not message.text and not message.images:
        raise _invalid(f"{where}.content must be at least 1 token long")
    for at, part in enumerate(message.parts):
        if part.type not in _PARTS[message.role]:
            raise _invalid(f"{where}.content[{at}].type '{part.type}' is not supported for role '{message.role}'")
        if part.type == "image_url":
            url = (part.image_url or {}).get("url")
            if not isinstance(url, str) or not url.startswith(("data:image/", "https://", "http://")):
                raise _invalid(f"{where}.content[{at}].image_url.url must be a data URI or a web URL of an image")
    if message.tool_calls and message.role != "assistant":
        raise _invalid(f"{where}.tool_calls are the assistant's alone")
    if message.role == "tool" and not message.tool_call_id:
        raise _invalid(f"{where}.tool_call_id is required")


def _check_calls(messages: list[Message]) -> None:
    """Every call is answered before anybody else speaks, and every answer is to such a call."""
    waiting: set[str | None] = set()
    for number, message in enumerate(messages):
        if message.role == "tool":
            if message.tool_call_id not in waiting:
                raise _invalid(f"messages[{number}].tool_call_id is that of no tool call before it")
            waiting.discard(message.tool_call_id)
            continue
        if waiting:
            raise _invalid(f"messages[{number}]: all tool calls must be followed by the results of the tools")
        waiting = {call.id for call in message.tool_calls or ()}
    if waiting:
        raise _invalid("all tool calls must be followed by the results of the tools")


def _check_tools(request: ChatRequest) -> None:
    names: set[str] = set()
    for number, tool in enumerate(request.tools or ()):
        if tool.type != "function" or not tool.function.name:
            raise _invalid(f"tools[{number}] must be a function with a name")
        if not isinstance(tool.function.parameters, dict):
            raise _invalid(f"tools[{number}].function.parameters must be a JSON schema")
        if tool.function.name in names:
            raise _invalid(f"tools[{number}].function.name '{tool.function.name}' is not unique")
        names.add(tool.function.name)
    if request.tool_choice not in {None, "REQUIRED", "NONE"}:
        raise _invalid("tool_choice must be one of 'REQUIRED' or 'NONE'")
    if request.tool_choice is not None and not names:
        raise _invalid("tool_choice may only be given with tools")


def _check_numbers(request: ChatRequest) -> None:
    for name, (least, most) in _RANGES.items():
        value = getattr(request, name)
        if value is not None and not least <= value <= most:
            raise _invalid(f"{name} must be between {least:g} and {most:g} inclusive")
    if len(request.stop_sequences or ()) > MAX_STOPS:
        raise _invalid(f"stop_sequences must have at most {MAX_STOPS} items")
