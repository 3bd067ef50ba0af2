"""What Anthropic demands of a request, in the words of its own errors.

Sources: https://platform.claude.com/docs/en/api/errors and /api/messages, the SDK's types (`anthropic.types`), and for
the words the errors that users report of the API, as in anthropics/claude-code's issues.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from simulator.dialects.anthropic.cache import SECONDS
from simulator.dialects.anthropic.request import Block, CacheControl, Message, MessageRequest, Tool
from simulator.dialects.anthropic.signature import is_signed
from simulator.dialects.rejected import RejectedError, bad_request

# The version that took away what `_check_removed` refuses. https://platform.claude.com/docs/en/api/versioning
STRICTER = "2026-10-21"
MAX_MARKS = 4
LEAST_BUDGET = 1024
_ROLES = {"user", "assistant", "system"}
_IMAGES = {"image/jpeg", "image/png", "image/gif", "image/webp"}
_SOURCES = {
    "image": {"base64": "data", "url": "url", "file": "file_id"},
    "document": {"base64": "data", "url": "url", "file": "file_id", "text": "data", "content": "content"},
}
# Fields that a block of a kind must have. https://platform.claude.com/docs/en/api/messages, `ContentBlockParam`.
_BLOCKS: dict[str, tuple[str, ...]] = {
    "text": ("text",),
    "image": ("source",),
    "document": ("source",),
    "search_result": ("content", "source"),
    "thinking": ("thinking", "signature"),
    "redacted_thinking": ("data",),
    "tool_use": ("id", "name", "input"),
    "tool_result": ("tool_use_id",),
    "server_tool_use": ("id", "name", "input"),
    "web_search_tool_result": ("tool_use_id", "content"),
    "web_fetch_tool_result": ("tool_use_id", "content"),
    "code_execution_tool_result": ("tool_use_id", "content"),
    "bash_code_execution_tool_result": ("tool_use_id", "content"),
    "text_editor_code_execution_tool_result": ("tool_use_id", "content"),
    "tool_search_tool_result": ("tool_use_id", "content"),
    "container_upload": (),
}
_NOT_FOR = {
    "user": {"thinking", "redacted_thinking", "tool_use", "server_tool_use"},
    "assistant": {"tool_result"},
}
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_CALL_ID = re.compile(r"[a-zA-Z0-9_-]+")


def check(request: MessageRequest, version: str) -> None:
    """Raise RejectedError where something is missing, or does not go together, in a version of the API."""
    if request.max_tokens is None:
        raise _required("max_tokens")
    if request.max_tokens < 1:
        raise bad_request("max_tokens: Input should be greater than or equal to 1")
    _check_sampling(request)
    check_prompt(request, version)
    _check_thinking(request, request.max_tokens)


def check_prompt(request: MessageRequest, version: str) -> None:
    """Raise RejectedError for what is wrong with the prompt alone, whose size can be asked for, too."""
    if request.messages is None:
        raise _required("messages")
    if version >= STRICTER:
        _check_removed(request)
    if not request.messages:
        raise bad_request("messages: at least one message is required")
    _check_system(request)
    _check_tools(request)
    for number, message in enumerate(request.messages):
        is_last = number == len(request.messages) - 1
        _check_message(f"messages.{number}", message, is_last=is_last)
    _check_calls(request.messages)
    _check_instructions(request.messages)
    _check_marks(request)
    last = request.messages[-1]
    if last.role == "assistant" and (last.text != last.text.rstrip()):
        raise bad_request("messages: final assistant content cannot end with trailing whitespace")


def _required(field: str) -> RejectedError:
    return bad_request(f"{field}: Field required")


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
        raise _required("output_config.format.schema")


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


def _check_instructions(messages: list[Message]) -> None:
    """Instructions in the conversation come after a user's turn, and before the model's.

    https://platform.claude.com/docs/build-with-claude/preserved-thinking/change-tools-or-instructions
    """
    roles = ["", *(message.role for message in messages), ""]
    for number, (before, role, after) in enumerate(zip(roles, roles[1:], roles[2:], strict=False)):
        if role == "system" and (before not in {"user", "system"} or after == "user"):
            raise bad_request(
                f"messages.{number}: `system` messages must come right after a `user` message, not before one"
            )


def _check_system(request: MessageRequest) -> None:
    if isinstance(request.system, list):
        for number, block in enumerate(request.system):
            if block.type != "text":
                raise bad_request(f"system.{number}.type: Input should be 'text'")
            _check_text("system", block)


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
        raise _required("tool_choice.tool.name")
    if choice.type == "tool" and choice.name not in names:
        raise bad_request(f"Tool '{choice.name}' not found in provided tools")


def _check_tool(where: str, tool: Tool) -> None:
    if not tool.name:
        raise _required(f"{where}.custom.name")
    if not tool.is_function:
        return
    if not _TOOL_NAME.fullmatch(tool.name):
        raise bad_request(f"{where}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    if not isinstance(tool.input_schema, dict):
        raise _required(f"{where}.custom.input_schema")
    if "type" not in tool.input_schema:
        raise _required(f"{where}.custom.input_schema.type")
    if tool.input_schema["type"] != "object":
        raise bad_request(f"{where}.custom.input_schema.type: Input should be 'object'")


def _check_message(where: str, message: Message, *, is_last: bool) -> None:
    if not message.role:
        raise _required(f"{where}.role")
    if message.role not in _ROLES:
        raise bad_request(f"{where}.role: Input should be 'user', 'assistant' or 'system'")
    if message.content is None:
        raise _required(f"{where}.content")
    if not message.blocks and not (is_last and message.role == "assistant"):
        raise bad_request(
            f"{where}: all messages must have non-empty content except for the optional final assistant message"
        )
    for number, block in enumerate(message.blocks):
        at = f"{where}.content.{number}"
        if block.type in _NOT_FOR.get(message.role, ()):
            raise bad_request(f"{at}: `{block.type}` blocks are not allowed in {message.role} messages")
        if message.role == "system" and block.type != "text":
            raise bad_request(f"{at}.type: Input should be 'text'")
        _check_block(at, block)


def _check_block(at: str, block: Block) -> None:
    if block.type not in _BLOCKS:
        expected = ", ".join(f"'{kind}'" for kind in _BLOCKS)
        raise bad_request(
            f"{at}: Input tag '{block.type}' found using 'type' does not match any of the expected tags: {expected}"
        )
    for field in _BLOCKS[block.type]:
        if getattr(block, field) is None:
            raise _required(f"{at}.{block.type}.{field}")
    match block.type:
        case "text":
            _check_text("messages", block)
        case "image" | "document":
            _check_source(f"{at}.{block.type}.source", block)
        case "thinking" if not is_signed(block.thinking or "", block.signature or ""):
            raise bad_request(f"{at}: Invalid `signature` in `thinking` block")
        case "tool_use":
            _check_call(at, block)
        case "tool_result" if isinstance(block.content, list):
            for number, part in enumerate(block.content):
                _check_block(f"{at}.tool_result.content.{number}", part)
        case _:
            pass


def _check_text(where: str, block: Block) -> None:
    if not block.text:
        raise bad_request(f"{where}: text content blocks must be non-empty")
    if not block.text.strip():
        raise bad_request(f"{where}: text content blocks must contain non-whitespace text")


def _check_source(where: str, block: Block) -> None:
    source = block.source
    kinds = _SOURCES[block.type]
    if not isinstance(source, dict) or source.get("type") not in kinds:
        raise bad_request(f"{where}.type: Input should be {', '.join(repr(kind) for kind in kinds)}")
    kind = source["type"]
    if not source.get(kinds[kind]):
        raise _required(f"{where}.{kind}.{kinds[kind]}")
    if kind != "base64":
        return
    if block.type == "image" and source.get("media_type") not in _IMAGES:
        allowed = " or ".join(repr(media) for media in sorted(_IMAGES))
        raise bad_request(f"{where}.base64.media_type: Input should be {allowed}")
    if block.type == "document" and source.get("media_type") != "application/pdf":
        raise bad_request(f"{where}.base64.media_type: Input should be 'application/pdf'")
    try:
        binascii.a2b_base64(str(source["data"]).encode(), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        raise bad_request(f"{where}.base64.data: Invalid base64 data") from None


def _check_call(at: str, block: Block) -> None:
    if not _CALL_ID.fullmatch(block.id or ""):
        raise bad_request(f"{at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
    if not isinstance(block.input, dict):
        raise bad_request(f"{at}.tool_use.input: Input should be a valid dictionary")


def _check_calls(messages: list[Message]) -> None:
    """Every call is answered in the next message, and every answer is to a call of the last one."""
    open_calls: list[str] = []
    before = ""
    for number, message in enumerate(messages):
        results = [(at, block) for at, block in enumerate(message.blocks) if block.type == "tool_result"]
        for at, block in results:
            if block.tool_use_id not in open_calls:
                raise bad_request(
                    f"messages.{number}.content.{at}: unexpected `tool_use_id` found in `tool_result` blocks: "
                    f"{block.tool_use_id}. Each `tool_result` block must have a corresponding `tool_use` block in the "
                    "previous message."
                )
        answered = {block.tool_use_id for _, block in results}
        missing = [call for call in open_calls if call not in answered]
        if missing and message.role != before:
            raise bad_request(
                f"messages.{number - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
                "next message."
            )
        # Messages of one role in a row are one turn.
        kept = missing if message.role == before else []
        open_calls = kept + [block.id or "" for block in message.blocks if block.type == "tool_use"]
        before = message.role


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
        _check_kept_thought(request.messages or [])


def _check_budget(budget: int | None, max_tokens: int) -> None:
    if budget is None:
        raise _required("thinking.enabled.budget_tokens")
    if budget < LEAST_BUDGET:
        raise bad_request(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {LEAST_BUDGET}")
    if budget >= max_tokens:
        raise bad_request("`max_tokens` must be greater than `thinking.budget_tokens`.")


def _check_kept_thought(messages: list[Message]) -> None:
    """Whoever answers calls gives back the thought that led to them."""
    numbers = [number for number, message in enumerate(messages) if message.role == "assistant"]
    if not numbers or numbers[-1] != len(messages) - 2:
        return
    blocks = messages[numbers[-1]].blocks
    if any(block.type == "tool_use" for block in blocks) and "thinking" not in blocks[0].type:
        raise bad_request(
            f"messages.{numbers[-1]}.content.0.type: Expected `thinking` or `redacted_thinking`, but found "
            f"`{blocks[0].type}`. When `thinking` is enabled, a final `assistant` message must start with a thinking "
            "block (preceeding the lastmost set of `tool_use` and `tool_result` blocks)."
        )
