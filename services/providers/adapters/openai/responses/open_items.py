"""The items of a streamed response while they are written: messages, thoughts and calls."""

from collections.abc import Iterator, Sequence

import msgspec

from services.providers.adapters.openai.responses import items
from services.providers.adapters.openai.responses.events import Events, OpenItem
from services.providers.domain.conversation import Citation, Reasoning
from services.providers.domain.reply import TextAdded


class OpenMessage(OpenItem):
    """A message: texts and refusals, one after the other."""

    def __init__(self, events: Events, index: int, item_id: str) -> None:
        super().__init__(events, index, items.message(item_id, [], items.IN_PROGRESS))
        self._content: list[items.Fields] = []
        self._kind = ""
        """The open part's; empty where none is open."""
        self._pieces: list[str] = []
        self._notes: list[items.Fields] = []
        self._logprobs: list[msgspec.Raw] = []
        self._cited = 0
        self._length = 0
        """Where the text begins that is cited next, and where it ends."""
        self._was_cited = False

    def goes_on(self, event: TextAdded) -> bool:
        """Whether `event` only adds to the open text."""
        return (
            self._kind == "output_text" and not (self._was_cited or event.logprobs or event.choice) and event.text != ""
        )

    def more(self, text: str, logprobs: Sequence[msgspec.Raw] = ()) -> bytes:
        """The open text goes on."""
        self._length += len(text)
        self._pieces.append(text)
        return self._part("output_text.delta", delta=text, logprobs=logprobs)

    def say(self, text: str, logprobs: msgspec.Raw) -> Iterator[bytes]:
        """The text goes on."""
        yield from self._open("output_text", items.text_part(""))
        if self._was_cited:
            self._cited, self._was_cited = self._length, False
        told = items.logprobs_of(logprobs)
        self._logprobs += told
        yield self.more(text, told)

    def cite(self, citation: Citation) -> Iterator[bytes]:
        """Where the text just said is from."""
        yield from self._open("output_text", items.text_part(""))
        note = items.annotation(citation, self._cited, self._length)
        self._was_cited = True
        number = len(self._notes)
        self._notes.append(note)
        yield self._part("output_text.annotation.added", annotation_index=number, annotation=note)

    def refuse(self, text: str) -> Iterator[bytes]:
        """The words of refusal go on."""
        yield from self._open("refusal", items.refusal_part(""))
        self._pieces.append(text)
        yield self._part("refusal.delta", delta=text)

    def end(self, status: str) -> tuple[items.Fields, list[bytes]]:
        """The item, and the events that end it."""
        events = list(self._close())
        item = items.message(self.id, self._content, status)
        return item, [*events, self.done(item)]

    def _open(self, kind: str, empty: items.Fields) -> Iterator[bytes]:
        if self._kind == kind:
            return
        yield from self._close()
        self._kind = kind
        yield self._part("content_part.added", part=empty)

    def _close(self) -> Iterator[bytes]:
        """End the open part, if there is one."""
        if not self._kind:
            return
        text = "".join(self._pieces)
        if self._kind == "refusal":
            part = items.refusal_part(text)
            yield self._part("refusal.done", refusal=text)
        else:
            part = items.text_part(text, self._notes, self._logprobs)
            yield self._part("output_text.done", text=text, logprobs=self._logprobs)
        yield self._part("content_part.done", part=part)
        self._content.append(part)
        self._kind, self._pieces, self._notes, self._logprobs = "", [], [], []
        self._cited = self._length = 0
        self._was_cited = False

    def _part(self, kind: str, **fields: object) -> bytes:
        return self.within(kind, content_index=len(self._content), **fields)


class OpenThought(OpenItem):
    """A thought, of one part."""

    def __init__(self, events: Events, index: int, item_id: str) -> None:
        super().__init__(events, index, items.reasoning(item_id, Reasoning()))
        self._pieces: list[str] = []
        self._signature = ""

    def add(self, text: str) -> Iterator[bytes]:
        """It goes on."""
        if not self._pieces:
            yield self._part("part.added", part=items.summary_part(""))
        self._pieces.append(text)
        yield self._part("text.delta", delta=text)

    def sign(self, signature: str) -> None:
        """What proves it, or more of that."""
        self._signature += signature

    def end(self, redacted: str = "") -> tuple[items.Fields, list[bytes]]:
        """The item, and the events that end it."""
        text, events = "".join(self._pieces), []
        if self._pieces:
            events.append(self._part("text.done", text=text))
            events.append(self._part("part.done", part=items.summary_part(text)))
        item = items.reasoning(self.id, Reasoning(text, self._signature, redacted))
        return item, [*events, self.done(item)]

    def _part(self, kind: str, **fields: object) -> bytes:
        return self.within(f"reasoning_summary_{kind}", summary_index=0, **fields)


class OpenCall(OpenItem):
    """A call of a function."""

    def __init__(self, events: Events, index: int, item_id: str, call_id: str, name: str) -> None:
        super().__init__(events, index, items.call(item_id, call_id, name, "", items.IN_PROGRESS))
        self._call_id = call_id
        self._name = name
        self._pieces: list[str] = []

    @property
    def whole(self) -> bool:
        """Its arguments are an object, so nothing can follow."""
        arguments = "".join(self._pieces)
        if not arguments.rstrip().endswith("}"):
            return False
        try:
            msgspec.json.decode(arguments, type=msgspec.Raw)
        except msgspec.DecodeError:
            return False
        return True

    def argue(self, text: str) -> bytes:
        """Its arguments go on."""
        self._pieces.append(text)
        return self.within("function_call_arguments.delta", delta=text)

    def end(self, status: str) -> tuple[items.Fields, list[bytes]]:
        """The item, and the events that end it."""
        arguments = "".join(self._pieces)
        item = items.call(self.id, self._call_id, self._name, arguments, status)
        told = self.within("function_call_arguments.done", arguments=arguments, name=self._name)
        return item, [told, self.done(item)]
