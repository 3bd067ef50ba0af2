"""What Mistral demands of a conversation: mistralai/mistral-common `protocol/instruct/validator.py`, version 11."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from simulator.dialects.mistral.errors import RefusedError
from simulator.dialects.mistral.request import AssistantMessage, ChatRequest, Message, ToolMessage

_ID = re.compile(r"[a-zA-Z0-9]{9}")
_AFTER = {
    "system": {"user", "assistant", "system"},
    "user": {"assistant", "system", "user"},
    "assistant": {"assistant", "user", "tool"},
    "tool": {"assistant", "tool", "user"},
}
"""Who may speak after whom."""


def check(request: ChatRequest) -> None:
    """Raise RefusedError where messages do not follow each other as they must, or calls have no answers."""
    messages = request.messages
    last = messages[-1]
    if last.role == "system" or (isinstance(last, AssistantMessage) and not last.prefix):
        raise RefusedError(
            f"Expected last role User or Tool (or Assistant with prefix True) for serving but got {last.role}"
        )
    for before, after in pairwise(messages):
        if after.role not in _AFTER[before.role]:
            raise RefusedError(f"Unexpected role '{after.role}' after role '{before.role}'")
    for message in messages:
        if isinstance(message, AssistantMessage):
            _check_assistant(message, is_last=message is last)
    _check_answers(messages)


def _check_assistant(message: AssistantMessage, *, is_last: bool) -> None:
    if not message.content and not message.tool_calls:
        raise RefusedError(
            "Assistant message must have either content or tool_calls, but not none.",
            "invalid_request_assistant_message",
            "3240",
        )
    if message.prefix and not is_last:
        raise RefusedError("Assistant message with prefix True must be last message")
    for call in message.tool_calls or ():
        _check_id(call.id)


def _check_id(given: str) -> None:
    if not _ID.fullmatch(given):
        raise RefusedError(
            f"Tool call id was {given} but must be a-z, A-Z, 0-9, with a length of 9.", "invalid_function_call", "3280"
        )


def _check_answers(messages: Sequence[Message]) -> None:
    """Demand that every call is answered once before the assistant speaks again."""
    open_calls: set[str] = set()
    for message in messages:
        if isinstance(message, ToolMessage):
            answered = message.tool_call_id or ""
            _check_id(answered)
            if answered not in open_calls:
                raise RefusedError(f"Unexpected tool call id {answered} in tool results")
            open_calls.remove(answered)
        elif isinstance(message, AssistantMessage):
            _check_all_answered(open_calls)
            open_calls = {call.id for call in message.tool_calls or ()}
    _check_all_answered(open_calls)


def _check_all_answered(open_calls: set[str]) -> None:
    if open_calls:
        raise RefusedError("Not the same number of function calls and responses")
