"""OpenAI's messages, read as turns: what tools answered is a part of a user's turn, as it is in the middle."""

from collections.abc import Iterator

import msgspec

from services.providers.adapters.caller_body import invalid
from services.providers.adapters.openai import message_wire as wire
from services.providers.adapters.openai.media import read_audio, read_file, read_image
from services.providers.domain.conversation import (
    Media,
    Part,
    Reasoning,
    Refusal,
    Role,
    Text,
    ToolCall,
    ToolResult,
    Turn,
)

_ROLES = {str(role): role for role in Role}
_SHORT = "5m"
"""How long Anthropic caches where nothing else is said."""
_ASSISTANT = Role.ASSISTANT  # an enum's members are slow to look up
_TTLS = {"12h": "1h"}
"""OpenAI's lifetimes of a cached prompt as a Conversation has them; the other, `30m`, is the short one."""


class MessagesReader:
    """Reads the messages of one request into `turns`; `beyond`: see Conversation."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.beyond: list[str] = []
        self._results: list[ToolResult] = []
        self._legacy_call = ""

    def read(self, messages: list[wire.Message]) -> None:
        """Read them all. Raises Failure(INVALID_REQUEST)."""
        for index, message in enumerate(messages):
            role = _ROLES.get(message.role)
            if role is None:
                self._results.append(self._result(message, index))
                continue
            if self._results:
                self._answered()
            parts = self._said if role is _ASSISTANT else self._content
            cache = cache_of(message.cache_control) if message.cache_control is not None else ""
            self.turns.append(Turn(role, tuple(parts(message, index, cache)), message.name or ""))
        if self._results:
            self._answered()

    def _answered(self) -> None:
        """Results of tools that follow each other are one turn."""
        self.turns.append(Turn(Role.USER, tuple(self._results)))
        self._results.clear()

    def _result(self, message: wire.Message, index: int) -> ToolResult:
        if message.role == "function":  # the answer to the `function_call` before it, which has no id
            call_id = self._legacy_call or f"call_{index}"
        elif message.role != "tool":
            raise invalid(f"There is no role {message.role!r}", f"messages[{index}].role")
        elif message.tool_call_id is None:
            raise invalid("Object missing required field `tool_call_id`", f"messages[{index}]")
        else:
            call_id = message.tool_call_id
        parts = (Text(part.text) if isinstance(part, Refusal) else part for part in self._content(message, index))
        return ToolResult(call_id, tuple(parts), cache=cache_of(message.cache_control))

    def _said(self, message: wire.Message, index: int, cache: str) -> Iterator[Part]:
        """What the model said: thoughts, words, calls."""
        if message.thinking_blocks:
            yield from map(thought, message.thinking_blocks)
        elif message.reasoning_content or message.reasoning:
            yield Reasoning(message.reasoning_content or message.reasoning or "")
        yield from self._content(message, index, cache)
        if message.refusal:
            yield Refusal(message.refusal)
        if wire.given(message.audio):
            self.beyond.append("messages.audio")
        for call in message.tool_calls or ():
            if call.function is None:
                self.beyond.append(f"messages.tool_calls.{call.type}")
            else:
                cache, signature = cache_of(call.cache_control), wire.signature_of(call.extra_content)
                yield ToolCall(call.id, call.function.name, call.function.arguments, cache, signature)
        if message.function_call is not None:
            self._legacy_call = f"call_{index}"
            yield ToolCall(self._legacy_call, message.function_call.name, message.function_call.arguments)

    def _content(self, message: wire.Message, index: int, cache: str = "") -> list[Text | Media | Refusal]:
        """Its parts; a marker beside the content is the last one's."""
        content = message.content
        if isinstance(content, str):
            return [Text(content, cache)] if content else []
        parts = []
        for at, written in enumerate(content or ()):
            part = self._part(written, index, at)
            if part is not None:
                parts.append(part)
        if cache and parts and not isinstance(last := parts[-1], Refusal):
            parts[-1] = msgspec.structs.replace(last, cache=cache)
        return parts

    def _part(self, part: wire.Part, index: int, at: int) -> Text | Media | Refusal | None:
        match part:
            case wire.Part(type="text", text=str(text)):
                return Text(text, _part_cache(part))
            case wire.Part(type="image_url", image_url=wire.ImageUrl() as image):
                return read_image(image, _part_cache(part), f"messages[{index}].content[{at}].image_url")
            case wire.Part(type="input_audio", input_audio=wire.InputAudio() as audio):
                return read_audio(audio, _part_cache(part))
            case wire.Part(type="file", file=wire.File() as file):
                return read_file(file, _part_cache(part), f"messages[{index}].content[{at}].file")
            case wire.Part(type="refusal", refusal=str(refusal)):
                return Refusal(refusal)
        if part.type in wire.Part.__struct_fields__:
            raise invalid(f"Object missing required field `{part.type}`", f"messages[{index}].content[{at}]")
        self.beyond.append(f"messages.content.{part.type}")
        return None


def thought(block: wire.Thought) -> Reasoning:
    """One of the blocks in which LiteLLM tells what Anthropic's models think."""
    return Reasoning(block.thinking or "", block.signature or "", block.data or "")


def _part_cache(part: wire.Part) -> str:
    if part.cache_control is not None:
        return cache_of(part.cache_control)
    return breakpoint_cache(part.prompt_cache_breakpoint)


def breakpoint_cache(mark: wire.CacheBreakpoint | None) -> str:
    """How long to cache what OpenAI's own marker is on; empty where there is none."""
    return "" if mark is None else _TTLS.get(mark.ttl or "", _SHORT)


def cache_of(mark: wire.CacheControl | None) -> str:
    """How long to cache what the marker is on; empty where there is none."""
    return "" if mark is None else mark.ttl or _SHORT
