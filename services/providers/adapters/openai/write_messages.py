"""A conversation's turns as OpenAI's messages: what tools answered comes first, in messages of their own."""

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from services.providers.adapters.openai.bridge import bridged
from services.providers.adapters.openai.instructions import led
from services.providers.adapters.openai.means import Means
from services.providers.adapters.openai.said import write_call
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
from services.providers.domain.losses import Losses

_INSTRUCTIONS = frozenset({Role.SYSTEM, Role.DEVELOPER})

Message = dict[str, object]
Content = list[dict[str, object]]


class MessagesWriter:
    """Writes the turns of one request into `messages`. What they cannot say is told to `losses`."""

    def __init__(self, means: Means, losses: Losses) -> None:
        self.messages: list[Message] = []
        self._means = means
        self._losses = losses

    def write(self, turns: Sequence[Turn]) -> None:
        """Write them all. Raises what Losses does."""
        if not self._means.instructed and all(turn.role in _INSTRUCTIONS for turn in turns):
            turns = [msgspec.structs.replace(turn, role=Role.USER) for turn in turns]
        for turn in turns:
            parts = turn.parts
            message: Message | None
            if len(parts) == 1 and isinstance(text := parts[0], Text):
                message = {"role": self._role(turn.role), "content": self._text(text)}
            elif turn.role is Role.USER:
                message = self._asked(parts)
            elif turn.role is Role.ASSISTANT:
                message = self._said(parts)
            else:
                message = {"role": self._role(turn.role), "content": self._content(self._unseen(parts))}
            if message is not None and (self._means.silent or not _is_silent(message)):
                self._name(message, turn.name)
                self.messages.append(message)
        if not self._means.instructed_later:
            self.messages = led(self.messages, self._losses)
        if self._means.heard:
            self.messages = bridged(self.messages, self._means.heard)

    def _name(self, message: Message, name: str) -> None:
        if name and self._means.names:
            message["name"] = name
        elif name:
            self._losses.hint("messages.name")

    def _role(self, role: Role) -> Role:
        return Role.SYSTEM if role is Role.DEVELOPER and not self._means.developer else role

    def _asked(self, parts: Sequence[Part]) -> Message | None:
        """What is left of a user's turn when what tools answered is told; None where that is nothing."""
        if not any(isinstance(part, ToolResult) for part in parts):
            return {"role": "user", "content": self._content(parts)}
        rest: list[Part] = []
        for part in parts:
            if isinstance(part, ToolResult):
                rest += self._answered(part)
        rest += (part for part in parts if not isinstance(part, ToolResult))
        return {"role": "user", "content": self._content(rest)} if rest else None

    def _answered(self, result: ToolResult) -> list[Part]:
        """Write a tool's answer; the message holds text alone, so what else there is is left for the user's turn."""
        self._marked(result.cache)
        if result.failed:
            self._losses.hint("is_error")
        texts = [part for part in result.parts if isinstance(part, Text)]
        self.messages.append({"role": "tool", "tool_call_id": self._id(result.id), "content": self._content(texts)})
        media = [part for part in result.parts if isinstance(part, Media)]
        return [Text(f"From the tool call {result.id}:"), *media] if media else []

    def _said(self, parts: Sequence[Part]) -> Message:
        message: Message = {"role": "assistant"}
        unsaid = ToolCall if self._means.thoughts else ToolCall | Reasoning
        words = [part for part in self._unseen(parts) if not isinstance(part, unsaid)]
        calls = [self._call(part) for part in parts if isinstance(part, ToolCall)]
        # Null is accepted only where there are calls.
        message["content"] = self._content(words) if words or not calls else None
        thoughts = [part for part in parts if isinstance(part, Reasoning)]
        if thoughts:
            self._thought(message, thoughts)
        if calls:
            message["tool_calls"] = calls
        return message

    def _thought(self, message: Message, thoughts: Sequence[Reasoning]) -> None:
        text = "".join(thought.text for thought in thoughts)
        if self._means.reasoning and text:
            message[self._means.reasoning] = text
        told = self._means.reasoning or self._means.thoughts
        if not told or any(thought.signature or thought.redacted for thought in thoughts):
            self._losses.hint("reasoning")

    def _call(self, call: ToolCall) -> Message:
        self._marked(call.cache)
        if call.signature and not self._means.signatures:
            self._losses.hint("reasoning")
        signature = call.signature if self._means.signatures else ""
        return write_call(self._id(call.id), call.name, call.arguments, signature)

    def _id(self, call_id: str) -> str:
        """The id of a call, as the vendor takes it: the same for the same call, whoever made it."""
        length = self._means.call_ids
        if not length or (len(call_id) == length and call_id.isascii() and call_id.isalnum()):
            return call_id
        return hashlib.blake2b(call_id.encode()).hexdigest()[:length]

    def _unseen(self, parts: Sequence[Part]) -> Sequence[Part]:
        """The parts without media: those only a user may show."""
        unseen = [part for part in parts if not isinstance(part, Media)]
        if len(unseen) < len(parts):
            self._losses.meaning("messages.media")
        return unseen

    def _content(self, parts: Sequence[Part]) -> str | Content:
        """One text is written as it is: every vendor understands that."""
        if len(parts) == 1 and isinstance(text := parts[0], Text):
            return self._text(text)
        return [written for part in parts for written in self._part(part)] or ""

    def _part(self, part: Part) -> Iterator[dict[str, object]]:
        match part:
            case Text():
                yield {"type": "text", "text": self._text(part)}
            case Media():
                yield from self._media(part)
            case Reasoning(text=text) if self._means.thoughts is not None:
                if text:
                    yield self._means.thoughts(text)
            case Refusal(text=text):
                yield {"type": "refusal", "refusal": text} if self._means.refusals else {"type": "text", "text": text}
            case _:
                self._losses.meaning(f"messages.{type(part).__name__.lower()}")

    def _media(self, media: Media) -> Iterator[dict[str, object]]:
        """It, after what the model is told of it."""
        self._marked(media.cache)
        if media.cited:
            self._losses.hint("citations")
        written = self._means.media(media)
        if written is None:
            self._losses.meaning(f"{media.kind}.{_place(media)}")
            return
        if media.context:
            yield {"type": "text", "text": media.context}
        yield written

    def _text(self, text: Text) -> str:
        self._marked(text.cache)
        if text.citations:
            self._losses.hint("citations")
        return text.text

    def _marked(self, cache: str) -> None:
        # OpenAI's own marker is refused by all models but its newest.
        if cache:
            self._losses.hint("cache_control")


def _is_silent(message: Message) -> bool:
    return message["role"] == "assistant" and not message["content"] and not message.get("tool_calls")


def _place(media: Media) -> str:
    """Where its bytes are."""
    if media.url:
        return "url"
    return "file_id" if media.file_id else "data"
