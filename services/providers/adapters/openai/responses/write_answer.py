"""A Reply as a response."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from services.providers.adapters.openai.responses import items
from services.providers.domain.conversation import Media, Part, Reasoning, Refusal, Text, ToolCall
from services.providers.domain.reply import Reply

_encode = msgspec.json.Encoder().encode


def write_answer(reply: Reply, *, now: Callable[[], datetime], fresh: Callable[[], str]) -> bytes:
    """See CallerGrammar; it has one choice. `fresh`: what tells one id from all others."""
    choice = reply.choices[0]
    status = items.status_of(choice.finish)
    writer = _Output(fresh, status, items.logprobs_of(choice.logprobs))
    for part in choice.parts:
        writer.add(part)
    created = reply.created or int(now().timestamp())
    head = {"id": f"resp_{fresh()}", "created_at": created, "model": reply.model}
    return _encode(items.response(head, status, writer.items, choice.finish, reply.usage))


class _Output:
    """The items of an output: texts and refusals that follow each other are one message."""

    def __init__(self, fresh: Callable[[], str], status: str, logprobs: list[msgspec.Raw]) -> None:
        self.items: list[items.Fields] = []
        self._fresh = fresh
        self._status = status
        self._logprobs = logprobs
        """Of the first text: the form in the middle has those of a reply together."""
        self._content: list[items.Fields] | None = None

    def add(self, part: Part) -> None:
        match part:
            case Text(text=text):
                notes = [items.annotation(citation, 0, len(text)) for citation in part.citations]
                self._say(items.text_part(text, notes, self._logprobs))
                self._logprobs = []
            case Refusal(text=text):
                self._say(items.refusal_part(text))
            case Reasoning():
                self._put(items.reasoning(f"rs_{self._fresh()}", part))
            case ToolCall(id=call_id, name=name, arguments=arguments):
                if part.signature:  # a call has no place for it
                    self._put(items.reasoning(f"rs_{self._fresh()}", Reasoning(signature=part.signature)))
                self._put(items.call(f"fc_{self._fresh()}", call_id, name, arguments, items.COMPLETED))
            case Media():
                self._put(items.image(f"ig_{self._fresh()}", part))

    def _say(self, part: items.Fields) -> None:
        if self._content is None:
            content: list[items.Fields] = []
            self._put(items.message(f"msg_{self._fresh()}", content, self._status))
            self._content = content
        self._content.append(part)

    def _put(self, item: items.Fields) -> None:
        self.items.append(item)
        self._content = None
