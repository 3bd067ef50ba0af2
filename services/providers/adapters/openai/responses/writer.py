"""A streamed reply, written as a response's events in their order.

Items follow each other; only calls may be open side by side, as vendors interleave them. A call ends before the next
item where its arguments are whole, else at the end.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from services.providers.adapters.openai.responses import items
from services.providers.adapters.openai.responses.events import Events, OpenItem
from services.providers.adapters.openai.responses.open_items import OpenCall, OpenMessage, OpenThought
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Media
from services.providers.domain.reply import (
    STOP,
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finish,
    Finished,
    MediaAdded,
    ReasoningAdded,
    RefusalAdded,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)


class ResponseWriter:
    """See EventWriter. It has one choice, the first. `fresh`: what tells one id from all others."""

    def __init__(self, *, now: Callable[[], datetime], fresh: Callable[[], str]) -> None:
        self._now = now
        self._fresh = fresh
        self._events = Events()
        self._head: items.Fields = {}
        self._begun: list[bytes] = []
        self._output: list[items.Fields] = []
        """The items, those that are open as they began."""
        self._said: OpenMessage | OpenThought | None = None
        self._calls: dict[int, OpenCall] = {}
        self._usage: Usage | None = None
        self._finish = Finish(STOP)

    def write(self, event: Event) -> Iterable[bytes]:
        """See EventWriter."""
        said = self._said
        if isinstance(event, TextAdded) and isinstance(said, OpenMessage) and said.goes_on(event):
            return (said.more(event.text),)  # what most events are
        return self._with_beginning(event)

    def end(self) -> Iterator[bytes]:
        """See EventWriter."""
        yield from self._beginning()
        status = items.status_of(self._finish)
        yield from self._close(status)
        whole = items.response(self._head, status, self._output, self._finish, self._usage)
        yield self._events.event(status, response=whole)

    def _with_beginning(self, event: Event) -> Iterator[bytes]:
        for data in self._written(event):
            yield from self._beginning()
            yield data

    def _written(self, event: Event) -> Iterator[bytes]:
        match event:
            case Began():
                self._begin(event)
            case UsageTold():
                self._usage = event.usage
            case _ if event.choice:
                pass
            case Finished():
                self._finish = event.finish
            case _:
                yield from self._content(event)

    def _content(self, event: Event) -> Iterator[bytes]:
        match event:
            case TextAdded() if event.text or event.logprobs:
                message, events = self._message()
                yield from events
                yield from message.say(event.text, event.logprobs)
            case CitationAdded():
                message, events = self._message()
                yield from events
                yield from message.cite(event.citation)
            case RefusalAdded():
                message, events = self._message()
                yield from events
                yield from message.refuse(event.text)
            case ReasoningAdded():
                yield from self._think(event)
            case ToolCallBegan():
                yield from self._call(event)
            case ArgumentsAdded() if event.text and event.call in self._calls:
                yield self._calls[event.call].argue(event.text)
            case MediaAdded():
                yield from self._show(event.media)

    def _begin(self, began: Began) -> None:
        """Note how it begins; that is told with what comes next, so that a vendor that fails right now can be left."""
        created = began.created or int(self._now().timestamp())
        self._head = {"id": f"resp_{self._fresh()}", "created_at": created, "model": began.model}
        self._usage = began.usage
        empty = items.response(self._head, items.IN_PROGRESS, (), None, None)
        self._begun = [self._events.event(kind, response=empty) for kind in ("created", "in_progress")]

    def _beginning(self) -> list[bytes]:
        """The events that it begins with, once."""
        begun, self._begun = self._begun, []
        return begun

    def _message(self) -> tuple[OpenMessage, list[bytes]]:
        """The open message, and the events that it takes to have one."""
        if isinstance(self._said, OpenMessage):
            return self._said, []
        events = list(self._close())
        message = self._said = OpenMessage(self._events, len(self._output), f"msg_{self._fresh()}")
        return message, [*events, *self._opened(message)]

    def _think(self, event: ReasoningAdded) -> Iterator[bytes]:
        if event.redacted:
            yield from self._close()
        if not isinstance(self._said, OpenThought):
            yield from self._close()
            self._said = OpenThought(self._events, len(self._output), f"rs_{self._fresh()}")
            yield from self._opened(self._said)
        thought = self._said
        if event.text:
            yield from thought.add(event.text)
        thought.sign(event.signature)
        if event.redacted:
            self._said = None
            yield from self._ended(thought, *thought.end(event.redacted))
        elif event.signature:
            yield from self._close()  # what comes after is another thought

    def _call(self, event: ToolCallBegan) -> Iterator[bytes]:
        yield from self._close()
        if event.signature:  # a call has no place for it
            thought = OpenThought(self._events, len(self._output), f"rs_{self._fresh()}")
            yield from self._opened(thought)
            thought.sign(event.signature)
            yield from self._ended(thought, *thought.end())
        call = OpenCall(self._events, len(self._output), f"fc_{self._fresh()}", event.id, event.name)
        self._calls[event.call] = call
        yield from self._opened(call)

    def _show(self, media: Media) -> Iterator[bytes]:
        yield from self._close()
        item = items.image(f"ig_{self._fresh()}", media)
        shown = OpenItem(self._events, len(self._output), {**item, "status": items.IN_PROGRESS, "result": None})
        yield from self._opened(shown)
        yield from self._ended(shown, item, [shown.within("image_generation_call.completed"), shown.done(item)])

    def _opened(self, item: OpenItem) -> Iterator[bytes]:
        self._output.append({})
        return item.begin()

    def _ended(self, item: OpenItem, whole: items.Fields, events: list[bytes]) -> Iterator[bytes]:
        self._output[item.index] = whole
        return iter(events)

    def _close(self, status: str = "") -> Iterator[bytes]:
        """End what is open, but calls that may go on; these too where there is a `status`, which is the response's."""
        if (said := self._said) is not None:
            self._said = None
            ended = said.end() if isinstance(said, OpenThought) else said.end(status or items.COMPLETED)
            yield from self._ended(said, *ended)
        for number in [number for number, call in self._calls.items() if status or call.whole]:
            call = self._calls.pop(number)
            yield from self._ended(call, *call.end(items.COMPLETED if call.whole else status))
