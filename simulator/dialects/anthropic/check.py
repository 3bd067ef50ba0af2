"""What Anthropic demands of a request, in the words of its own errors.

Sources: https://platform.claude.com/docs/en/api/errors and /api/messages, the SDK's types (`anthropic.types`), and for
the words the errors that users report of the API, as in anthropics/claude-code's issues.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulator.dialects.anthropic.conversation import check_conversation, check_kept_thought, check_text
from simulator.dialects.anthropic.errors import required
from simulator.dialects.anthropic.request import CacheControl, MessageRequest, Tool
from simulator.dialects.prompt_cache import SECONDS
from simulator.dialects.rejected import bad_request

# The version that took away what `_check_removed` refuses. https://platform.claude.com/docs/en/api/versioning
STRICTER = "2026-10-21"
MAX_MARKS = 4
LEAST_BUDGET = 1024
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


def check(request: MessageRequest, version: str) -> None:
    """Raise RejectedError where something is missing, or does not go together, in a version of the API."""
    if request.max_tokens is None:
        raise required("max_tokens")
    if request.max_tokens < 1:
        raise bad_request("max_tokens: Input should be greater than or equal to 1")
    _check_sampling(request)
    check_prompt(request, version)
    _check_thinking(request, request.max_tokens)


def check_prompt(request: MessageRequest, version: str) -> None:
    """Raise RejectedError for what is wrong with the prompt alone, whose size can be asked for, too."""
    if request.messages is None:
        raise required("messages")
    if version >= STRICTER:
        _check_removed(request)
    if not request.messages:
        raise bad_request("messages: at least one message is required")
    _check_system(request)
    _check_tools(request)
    check_conversation(request.messages)
    _check_marks(request)
    last = request.messages[-1]
    if last.role == "assistant" and (last.text != last.text.rstrip()):
        raise bad_request("messages: final assistant content cannot end with trailing whitespace")


def _check_sampling(request: MessageRequest) -> None:
    for name, value in (("temperature", request.temperature), ("top_p", request.top_p)):
        if value is not None and not 0 <= value <= 1:
            raise bad_request(f"{name}: range: 0..1")
    for sequence in request.stop_sequences or ():
        if not sequence.strip():
            raise bad_request("stop_sequences: each stop sequence must contain non-whitespace")
    form = request.output_config.format if request.output_config else None
    if form is not None and form.type != "json_schema":
        raise bad_request("output_config.format.type: Input should be 'json_schema'")
    if form is not None and not isinstance(form.schema, dict):
        raise required("output_config.format.schema")


def _check_removed(request: MessageRequest) -> None:
    for name in ("temperature", "top_p", "top_k"):
        if getattr(request, name) is not None:
            raise bad_request(f"{name}: Extra inputs are not permitted")
    for number, message in enumerate(request.messages or ()):
        for at, block in enumerate(message.blocks):
            where = f"messages.{number}.content.{at}"
            if message.role == "assistant" and block.type == "document":
                raise bad_request(f"{where}: `document` blocks are not allowed in assistant messages")
            inside = block.content if block.type == "search_result" and isinstance(block.content, list) else [block]
            if message.role == "user" and any(each.type == "text" and each.citations for each in inside):
                raise bad_request(f"{where}: `citations` are not allowed on text blocks in user messages")


def _check_system(request: MessageRequest) -> None:
    if isinstance(request.system, list):
        for number, block in enumerate(request.system):
            if block.type != "text":
                raise bad_request(f"system.{number}.type: Input should be 'text'")
            check_text("system", block)


def _check_tools(request: MessageRequest) -> None:
    tools = request.tools or []
    for number, tool in enumerate(tools):
        _check_tool(f"tools.{number}", tool)
    names = {tool.name for tool in tools}
    if len(names) < len(tools):
        raise bad_request("tools: Tool names must be unique.")
    choice = request.tool_choice
    if choice is None:
        return
    if choice.type not in {"auto", "any", "tool", "none"}:
        tags = "'auto', 'any', 'tool', 'none'"
        raise bad_request(
            f"tool_choice: Input tag '{choice.type}' found using 'type' does not match any of the expected tags: {tags}"
        )
    if not tools and choice.type != "none":
        raise bad_request("tool_choice: tool_choice may only be specified while providing tools.")
    if choice.type == "tool" and not choice.name:
        raise required("tool_choice.tool.name")
    if choice.type == "tool" and choice.name not in names:
        raise bad_request(f"Tool '{choice.name}' not found in provided tools")


def _check_tool(where: str, tool: Tool) -> None:
    if not tool.name:
        raise required(f"{where}.custom.name")
    if not tool.is_function:
        return
    if not _TOOL_NAME.fullmatch(tool.name):
        raise bad_request(f"{where}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    if not isinstance(tool.input_schema, dict):
        raise required(f"{where}.custom.input_schema")
    if "type" not in tool.input_schema:
        raise required(f"{where}.custom.input_schema.type")
    if tool.input_schema["type"] != "object":
        raise bad_request(f"{where}.custom.input_schema.type: Input should be 'object'")


def _check_marks(request: MessageRequest) -> None:
    marks = [*_marks(request)]
    if len(marks) > MAX_MARKS:
        raise bad_request(f"A maximum of {MAX_MARKS} blocks with cache_control may be provided. Found {len(marks)}.")
    for mark in marks:
        if mark.type != "ephemeral":
            raise bad_request("cache_control.type: Input should be 'ephemeral'")
        if mark.ttl not in SECONDS:
            raise bad_request("cache_control.ephemeral.ttl: Input should be '5m' or '1h'")


def _marks(request: MessageRequest) -> Iterator[CacheControl]:
    for _, parts in request.sections:
        for part in parts:
            if part.cache_control is not None:
                yield part.cache_control
    if request.cache_control is not None:
        yield request.cache_control


def _check_thinking(request: MessageRequest, max_tokens: int) -> None:
    thinking = request.thinking
    if thinking is None or thinking.type == "disabled":
        return
    if thinking.type not in {"enabled", "adaptive", "between_tools"}:
        raise bad_request(
            f"thinking: Input tag '{thinking.type}' found using 'type' does not match any of the expected tags: "
            "'adaptive', 'between_tools', 'disabled', 'enabled'"
        )
    if request.tool_choice is not None and request.tool_choice.type in {"any", "tool"}:
        raise bad_request("Thinking may not be enabled when tool_choice forces tool use.")
    if request.prefix:
        raise bad_request("messages: assistant message prefill is not supported when thinking is enabled")
    if request.temperature not in {None, 1}:
        raise bad_request("`temperature` may only be set to 1 when thinking is enabled.")
    if thinking.type == "enabled":
        _check_budget(thinking.budget_tokens, max_tokens)
        check_kept_thought(request.messages or [])


def _check_budget(budget: int | None, max_tokens: int) -> None:
    if budget is None:
        raise required("thinking.enabled.budget_tokens")
    if budget < LEAST_BUDGET:
        raise bad_request(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {LEAST_BUDGET}")
    if budget >= max_tokens:
        raise bad_request("`max_tokens` must be greater than `thinking.budget_tokens`.")
