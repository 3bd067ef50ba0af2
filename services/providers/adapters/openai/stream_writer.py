"""The events of a reply as OpenAI's callers are streamed them: `chat.completion.chunk`s, in OpenAI's order."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from services.providers.adapters.openai.citations import write_citations
from services.providers.adapters.openai.finish import write_finish
from services.providers.adapters.openai.said import write_call, write_made
from services.providers.adapters.openai.write_answer import encode, write_thought, write_usage
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Reasoning
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finished,
    MediaAdded,
    ReasoningAdded,
    RefusalAdded,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)

_NOTHING = 0, 0, False
_LISTS = frozenset({"annotations", "citations", "images", "media", "thinking_blocks"})
_ROLE = {"role": "assistant", "content": "", "refusal": None}


class ChunkWriter:
    """See EventWriter. A choice's first chunk has the role; usage, where it is wanted, is in the last chunk alone.

    `functions`: see Conversation. `fresh`: what tells this answer from all others, where it has no id.
    """

    def __init__(
        self, *, usage_wanted: bool, functions: bool, now: Callable[[], datetime], fresh: Callable[[], str]
    ) -> None:
        self._usage_wanted = usage_wanted
        self._functions = functions
        self._now = now
        self._fresh = fresh
        self._usage: Usage | None = None
        self._head = b""
        self._tail = b'],"usage":null}' if usage_wanted else b"]}"
        self._started: set[int] = set()
        self._entries: dict[tuple[int, str], int] = {}
        """The place of the last entry of each choice's lists, by their names."""
        self._text: dict[int, tuple[int, int, bool]] = {}
        """Of each choice: where the text begins that is cited next and where it ends, and whether it was cited."""

    def write(self, event: Event) -> Iterable[bytes]:
        """See EventWriter."""
        match event:
            case UsageTold(usage=usage):
                self._usage = usage
                return ()
            case Began():
                self._begin(event)
                return (self._start(0),)
            case TextAdded(text=text, choice=choice, logprobs=logprobs):
                begin, end, cited = self._text.get(choice, _NOTHING)
                self._text[choice] = end if cited else begin, end + len(text), False
                chunk = self._chunk(choice, {"content": text}, logprobs=logprobs or None)
            case Finished(finish=finish, choice=choice):
                chunk = self._chunk(choice, {}, **write_finish(finish, functions=self._functions))
            case _:
                choice, chunk = (
                    event.choice,
                    self._chunk(event.choice, self._numbered(event.choice, self._delta(event))),
                )
        return (chunk,) if choice in self._started else (self._start(choice), chunk)

    def end(self) -> Iterable[bytes]:
        """See EventWriter."""
        if self._usage_wanted and self._usage is not None:
            yield b'%b],"usage":%b}' % (self._head, encode(write_usage(self._usage)))

    def _begin(self, began: Began) -> None:
        self._usage = began.usage
        head = {
            "id": began.id or f"chatcmpl-{self._fresh()}",
            "object": "chat.completion.chunk",
            "created": began.created or int(self._now().timestamp()),
            "model": began.model,
        }
        self._head = encode(head)[:-1] + b',"choices":['

    def _start(self, choice: int) -> bytes:
        self._started.add(choice)
        return self._chunk(choice, _ROLE)

    def _delta(
        self, event: ArgumentsAdded | CitationAdded | MediaAdded | ReasoningAdded | RefusalAdded | ToolCallBegan
    ) -> Mapping[str, object]:
        """What the event adds to the message."""
        match event:
            case ArgumentsAdded() | ToolCallBegan():
                return self._called(event)
            case ReasoningAdded(text=text, signature=signature, redacted=redacted):
                delta: dict[str, object] = {"reasoning_content": text} if text else {}
                if signature or redacted:
                    delta["thinking_blocks"] = [write_thought(Reasoning("", signature, redacted))]
                return delta
            case RefusalAdded(text=text):
                return {"refusal": text}
            case MediaAdded(media=media):
                return write_made(media)
            case CitationAdded(citation=citation, choice=choice):
                begin, end, _ = self._text.get(choice, _NOTHING)
                self._text[choice] = begin, end, True
                return write_citations((citation,), begin, end)

    def _numbered(self, choice: int, delta: Mapping[str, Any]) -> Mapping[str, object]:
        """The delta, with the place of each entry of a list in all of it: OpenAI's SDK puts lists together by that."""
        return {
            name: [self._placed(choice, name, entry) for entry in value] if name in _LISTS else value
            for name, value in delta.items()
        }

    def _placed(self, choice: int, name: str, entry: object) -> Mapping[str, object]:
        index = self._entries[choice, name] = self._entries.get((choice, name), -1) + 1
        return {**msgspec.to_builtins(entry), "index": index}

    def _called(self, event: ArgumentsAdded | ToolCallBegan) -> Mapping[str, object]:
        if isinstance(event, ArgumentsAdded):
            called: dict[str, object] = {"function": {"arguments": event.text}}
        else:
            called = write_call(event.id, event.name, "", event.signature)
        if self._functions and event.call == 0:
            # There is room for one; what is called beside it is told as it would be to others.
            return {"function_call": called["function"]}
        return {"tool_calls": [{"index": event.call, **called}]}

    def _chunk(self, choice: int, delta: object, **fields: object) -> bytes:
        """`fields` replace what a chunk says where there is nothing to say."""
        written = {"index": choice, "delta": delta, "logprobs": None, "finish_reason": None, **fields}
        return b"".join((self._head, encode(written), self._tail))
