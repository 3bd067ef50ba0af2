"""The items of an input, read as turns: what the model said between two of the caller's is one turn."""

from collections.abc import Iterator

import msgspec

from services.providers.adapters.caller_body import invalid
from services.providers.adapters.openai import message_wire
from services.providers.adapters.openai.media import read_audio, read_file, read_image
from services.providers.adapters.openai.message_wire import given
from services.providers.adapters.openai.read_messages import breakpoint_cache
from services.providers.adapters.openai.responses import request_wire as wire
from services.providers.adapters.openai.responses.sealed import MARK, unseal
from services.providers.domain.conversation import (
    Citation,
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
_text = msgspec.json.Decoder(str).decode


class InputReader:
    """Reads one input into `turns`. `beyond` and `extra`: see Conversation."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.beyond: list[str] = []
        self.extra: dict[str, msgspec.Raw] = {}
        self._said: list[Part] = []
        self._results: list[ToolResult] = []

    def read(self, items: list[wire.Item]) -> None:
        """Read them all. Raises Failure(INVALID_REQUEST)."""
        for index, item in enumerate(items):
            at = f"input[{index}]"
            match item.type or ("message" if item.role is not None else ""):
                case "message":
                    self._message(item, at)
                case "function_call":
                    self._answered()
                    self._said.append(
                        ToolCall(_of(item.call_id, "call_id", at), _of(item.name, "name", at), item.arguments or "")
                    )
                case "function_call_output":
                    self._spoken()
                    parts = tuple(self._parts(item.output or "", f"{at}.output"))
                    self._results.append(ToolResult(_of(item.call_id, "call_id", at), _plain(parts)))
                case "reasoning":
                    self._answered()
                    self._think(item)
                case "image_generation_call" if given(item.result):
                    self._answered()
                    self._said.append(Media("image", "image/png", _text(item.result)))
                case "":
                    raise invalid("Object missing required field `type`", at)
                case kind:
                    self.beyond.append(f"input.{kind}")
        self._answered()
        self._spoken()

    def _message(self, item: wire.Item, at: str) -> None:
        role = _ROLES.get(item.role or "")
        if role is None:
            raise invalid(f"There is no role {item.role!r}", f"{at}.role")
        self._answered()
        parts = tuple(self._parts(item.content or "", f"{at}.content"))
        if role is not Role.ASSISTANT:
            self._spoken()
            self.turns.append(Turn(role, parts))
            return
        thoughts = self._last_thoughts()
        self._spoken()  # another message is another turn, to which the thoughts before it belong
        self._said = [*thoughts, *parts]

    def _last_thoughts(self) -> list[Part]:
        """Take the thoughts after all else that was said."""
        at = len(self._said)
        while at and isinstance(self._said[at - 1], Reasoning):
            at -= 1
        thoughts, self._said = self._said[at:], self._said[:at]
        return thoughts

    def _think(self, item: wire.Item) -> None:
        shown = item.summary or (item.content if isinstance(item.content, list) else None) or ()
        sealed = item.encrypted_content or ""
        thought = unseal("\n\n".join(part.text or "" for part in shown), sealed)
        if thought != _NO_THOUGHT:
            self._said.append(thought)
        if sealed and not sealed.startswith(MARK):
            self.extra["input.reasoning.encrypted_content"] = msgspec.Raw(b"true")

    def _spoken(self) -> None:
        if self._said:
            self.turns.append(Turn(Role.ASSISTANT, tuple(self._said)))
            self._said = []

    def _answered(self) -> None:
        if self._results:
            self.turns.append(Turn(Role.USER, tuple(self._results)))
            self._results = []

    def _parts(self, content: str | list[wire.Part], at: str) -> Iterator[Text | Media | Refusal]:
        if isinstance(content, str):
            if content:
                yield Text(content)
            return
        for index, part in enumerate(content):
            read = self._part(part, f"{at}[{index}]")
            if read is not None:
                yield read

    def _part(self, part: wire.Part, at: str) -> Text | Media | Refusal | None:
        cache = breakpoint_cache(part.prompt_cache_breakpoint)
        match part.type:
            case "input_text" | "output_text" | "text":
                return Text(_of(part.text, "text", at), cache, tuple(_citations(part)))
            case "refusal":
                return Refusal(_of(part.refusal, "refusal", at))
            case "input_image":
                return _image(part, cache, at)
            case "input_file":
                return _file(part, cache, at)
            case "input_audio" if part.input_audio is not None:
                return read_audio(part.input_audio, cache)
        self.beyond.append(f"input.content.{part.type}")
        return None


_NO_THOUGHT = Reasoning()


def _of(value: str | None, field: str, at: str) -> str:
    if value is None:
        raise invalid(f"Object missing required field `{field}`", at)
    return value


def _plain(parts: tuple[Text | Media | Refusal, ...]) -> tuple[Text | Media, ...]:
    """What a tool says: it cannot refuse."""
    return tuple(Text(part.text) if isinstance(part, Refusal) else part for part in parts)


def _citations(part: wire.Part) -> Iterator[Citation]:
    for said in part.annotations or ():
        if said.type == "url_citation":
            start = said.start_index if said.start_index is not None else -1
            yield Citation(
                "", said.title or "", said.url, -1, start, said.end_index if said.end_index is not None else -1
            )


def _image(part: wire.Part, cache: str, at: str) -> Media:
    if given(part.image_url):
        return read_image(message_wire.ImageUrl(part.image_url, part.detail), cache, at)
    if not part.file_id:
        raise invalid("There is neither `image_url` nor `file_id`", at)
    return Media("image", file_id=part.file_id, detail=part.detail or "", cache=cache)


def _file(part: wire.Part, cache: str, at: str) -> Media:
    if part.file_url and not given(part.file_data):
        return Media("document", url=part.file_url, name=part.filename or "", cache=cache)
    return read_file(message_wire.File(part.file_data, part.file_id, part.filename), cache, at)
