"""What OpenAI demands of a request for a response."""

from __future__ import annotations

from collections.abc import Iterable

from simulator.dialects.openai.responses.request import Item, ResponsesRequest
from simulator.dialects.rejected import RejectedError, bad_request

LEAST_LIMIT = 16
TYPES = frozenset({"message", "function_call", "function_call_output", "reasoning"})
HEARD = frozenset({"input_text", "input_image", "input_file"})
SAID = frozenset({"output_text", "refusal"})
PARTS = {"user": HEARD, "system": HEARD, "developer": HEARD, "assistant": SAID}
"""The parts that a message of each role may have."""


def check(request: ResponsesRequest) -> None:
    """Raise RejectedError where something is missing, or does not go together."""
    if request.input is None:
        raise bad_request("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    limit = request.max_output_tokens
    if limit is not None and limit < LEAST_LIMIT:
        raise bad_request(
            f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {LEAST_LIMIT}, "
            f"but got {limit} instead.",
            "max_output_tokens",
            "integer_below_min_value",
        )
    if request.previous_response_id is not None:
        # Nothing is kept here, so there is none before this one.
        raise bad_request(
            f"Previous response with id '{request.previous_response_id}' not found.",
            "previous_response_id",
            "previous_response_not_found",
        )
    for number, item in enumerate(request.items):
        _check_item(number, item)
    _check_calls(request.items)
    _check_choice(request)


def _check_item(number: int, item: Item) -> None:
    if item.type not in TYPES:
        raise _unknown(item.type, TYPES, f"input[{number}]")
    if item.type == "message" and item.role not in PARTS:
        raise _unknown(item.role, PARTS, f"input[{number}]")
    allowed = PARTS[item.role] if item.type == "message" else HEARD
    for place, part in enumerate(item.parts):
        if item.type != "reasoning" and part.type not in allowed:
            raise _unknown(part.type, allowed, f"input[{number}].content[{place}]")


def _check_calls(items: list[Item]) -> None:
    """Demand that every call of a function has its output, and every output its call."""
    calls = {item.call_id for item in items if item.type == "function_call"}
    outputs = {item.call_id for item in items if item.type == "function_call_output"}
    for missing in sorted(outputs - calls):
        raise bad_request(f"No tool call found for function call output with call_id {missing}.", "input")
    for missing in sorted(calls - outputs):
        raise bad_request(f"No tool output found for function call {missing}.", "input")


def _check_choice(request: ResponsesRequest) -> None:
    choice = request.tool_choice
    if isinstance(choice, dict) and choice.get("type") == "function":
        name = choice.get("name")
        if name not in {function.name for function in request.functions}:
            raise bad_request(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")


def _unknown(given: str, supported: Iterable[str], param: str) -> RejectedError:
    names = ", ".join(f"'{name}'" for name in sorted(supported))
    return bad_request(f"Invalid value: '{given}'. Supported values are: {names}.", param, "invalid_value")
