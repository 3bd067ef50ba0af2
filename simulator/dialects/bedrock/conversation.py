"""What Bedrock demands of a conversation: of each message and its blocks, and of their order.

Sources: as of `check`; names of documents: docs.aws.amazon.com/bedrock/latest/APIReference/
API_runtime_DocumentBlock.html; calls and results: langchain-ai/langchain-aws issue 451, Just-Curieous/Curie issue 16,
genkit-ai/aws-bedrock-js-plugin issue 664 and aws-samples/sample-multi-agent-orchestration-chat-on-agentcore issue 15.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode

from simulator.dialects.bedrock.errors import refusal
from simulator.dialects.bedrock.wire import Block, Media, Message, ToolResult, ToolUse
from simulator.dialects.rejected import RejectedError
from simulator.dialects.thought_signature import is_signed

_ROLES = ("user", "assistant", "system")
_FORMATS = {
    "image": ("png", "jpeg", "gif", "webp"),
    "document": ("pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"),
    "video": ("mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"),
    "audio": (
        "mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm", "webm",
    ),
}  # fmt: skip
_NOT_FOR = {"user": {"toolUse", "reasoningContent"}, "assistant": {"toolResult"}}
_CALL_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_DOCUMENT_NAME = re.compile(r"(?!.*\s{2})[a-zA-Z0-9\s()\[\]-]{1,200}")
_FAILED = "error"


def check_conversation(messages: list[Message]) -> None:
    """Raise RejectedError where a message is wrong, or where it stands."""
    if not messages or messages[0].role not in {"user", "system"}:
        raise refusal(
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )
    for number, message in enumerate(messages):
        _check_message(f"messages.{number}", message)
        if number and message.role == messages[number - 1].role:
            raise refusal(
                "A conversation must alternate between user and assistant roles. Make sure the conversation "
                "alternates between user and assistant roles and try again."
            )
    _check_calls(messages)


def constraint(value: object, where: str, demand: str) -> RejectedError:
    """A value is not one that the service model allows."""
    return refusal(
        f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy constraint: Member must {demand}"
    )


def by_model(message: str) -> RejectedError:
    """The model refuses what the service let through."""
    return refusal(f"The model returned the following errors: {message}")


def check_text(where: str, text: str) -> None:
    """Raise RejectedError where a text says nothing."""
    if not text.strip():
        raise refusal(
            f"The text field in the ContentBlock object at {where} is blank. Add text to the text field, and try again."
        )


def _check_message(where: str, message: Message) -> None:
    if message.role not in _ROLES:
        raise constraint(message.role, f"{where}.role", f"satisfy enum value set: [{', '.join(_ROLES)}]")
    if not message.blocks:
        raise refusal(
            f"The content field in the Message object at {where} is empty. Add a ContentBlock object to the content "
            "field and try again."
        )
    names: set[str] = set()
    for number, block in enumerate(message.blocks):
        at = f"{where}.content.{number}"
        _check_block(at, block)
        if forbidden := _NOT_FOR.get(message.role, set()) & _names(block):
            raise refusal(
                f"The {forbidden.pop()} block at {at} is not allowed in a message of the role {message.role}."
            )
        if block.document is not None:
            if block.document.name in names:
                raise refusal(f"The document name at {at} is not unique. Give each document a name of its own.")
            names.add(block.document.name or "")
    if names and not any(block.text is not None for block in message.blocks):
        raise refusal(f"A text block is required in the content of a message that has a document, at {where}.")


def _names(block: Block) -> set[str]:
    return {"toolUse" if name == "tool_use" else "toolResult" if name == "tool_result" else "reasoningContent"
            for name in block.kinds if name in {"tool_use", "tool_result", "reasoning_content"}}  # fmt: skip


def _check_block(at: str, block: Block) -> None:
    if len(block.kinds) != 1:
        raise refusal(f"The ContentBlock object at {at} must set exactly one member.")
    if block.text is not None:
        check_text(at, block.text)
    elif block.tool_use is not None:
        _check_call(f"{at}.toolUse", block.tool_use)
    elif block.tool_result is not None:
        _check_result(f"{at}.toolResult", block.tool_result)
    elif block.reasoning_content is not None:
        thought = block.reasoning_content.reasoning_text
        if thought is not None and not is_signed(thought.text or "", thought.signature or ""):
            raise by_model(f"{at}: Invalid `signature` in `thinking` block")
    else:
        for kind in _FORMATS:
            if (media := getattr(block, kind)) is not None:
                _check_media(f"{at}.{kind}", kind, media)


def _check_media(at: str, kind: str, media: Media) -> None:
    formats = _FORMATS[kind]
    if media.format not in formats and (media.format is not None or kind != "document"):
        raise constraint(media.format, f"{at}.format", f"satisfy enum value set: [{', '.join(formats)}]")
    if kind == "document" and not _DOCUMENT_NAME.fullmatch(media.name or ""):
        raise refusal(
            f"The document file name at {at}.name can only contain alphanumeric characters, whitespace characters, "
            "hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace "
            "character."
        )
    if media.source is None or not media.source.is_one:
        raise refusal(f"The source at {at}.source must set exactly one member.")
    if media.source.bytes is not None:
        try:
            data = b64decode(media.source.bytes, validate=True)
        except (binascii.Error, ValueError):
            raise refusal(f"The value at {at}.source.bytes is not valid base64.") from None
        if not data:
            raise constraint("", f"{at}.source.bytes", "have length greater than or equal to 1")


def _check_call(at: str, call: ToolUse) -> None:
    _check_id(at, call.tool_use_id)
    if not TOOL_NAME.fullmatch(call.name or ""):
        raise constraint(call.name, f"{at}.name", f"satisfy regular expression pattern: {TOOL_NAME.pattern}")
    if not isinstance(call.input, dict):
        raise refusal(
            f"The format of the value at {at}.input is invalid. Provide a json object for the field and try again."
        )


def _check_result(at: str, result: ToolResult) -> None:
    _check_id(at, result.tool_use_id)
    if result.content is None:
        raise refusal(f"The content field at {at} is required.")
    if not result.content and result.status == _FAILED:
        raise refusal(f"The content field at {at} cannot be empty when status value is error.")
    for number, part in enumerate(result.content):
        _check_block(f"{at}.content.{number}", part)


def _check_id(at: str, said: str | None) -> None:
    if not _CALL_ID.fullmatch(said or ""):
        raise constraint(said, f"{at}.toolUseId", f"satisfy regular expression pattern: {_CALL_ID.pattern}")


def _check_calls(messages: list[Message]) -> None:
    """Every call is answered in the next message, and every answer is to a call of the last one."""
    open_calls: list[str | None] = []
    for number, message in enumerate(messages):
        results = [result.tool_use_id for result in message.results]
        if len(results) > len(open_calls):
            raise refusal(
                f"The number of toolResult blocks at messages.{number}.content exceeds the number of toolUse blocks "
                "of previous turn."
            )
        if missing := [call for call in open_calls if call not in results]:
            raise refusal(
                f"Expected toolResult blocks at messages.{number}.content for the following Ids: "
                f"{', '.join(map(str, missing))}"
            )
        open_calls = [call.tool_use_id for call in message.calls]
