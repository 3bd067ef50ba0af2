"""What Anthropic demands of a conversation: of each message and its blocks, and of their order."""

from __future__ import annotations

import binascii
import re

from simulator.dialects.anthropic.errors import required
from simulator.dialects.anthropic.request import Block, Message
from simulator.dialects.rejected import bad_request
from simulator.dialects.thought_signature import is_signed

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
_CALL_ID = re.compile(r"[a-zA-Z0-9_-]+")


def check_conversation(messages: list[Message]) -> None:
    """Raise RejectedError where a message is wrong, or where it stands."""
    for number, message in enumerate(messages):
        is_last = number == len(messages) - 1
        _check_message(f"messages.{number}", message, is_last=is_last)
    _check_calls(messages)
    _check_instructions(messages)


def _check_message(where: str, message: Message, *, is_last: bool) -> None:
    if not message.role:
        raise required(f"{where}.role")
    if message.role not in _ROLES:
        raise bad_request(f"{where}.role: Input should be 'user', 'assistant' or 'system'")
    if message.content is None:
        raise required(f"{where}.content")
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
            raise required(f"{at}.{block.type}.{field}")
    match block.type:
        case "text":
            check_text("messages", block)
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


def check_text(where: str, block: Block) -> None:
    """Raise RejectedError where a block of text says nothing."""
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
        raise required(f"{where}.{kind}.{kinds[kind]}")
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


def check_kept_thought(messages: list[Message]) -> None:
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
