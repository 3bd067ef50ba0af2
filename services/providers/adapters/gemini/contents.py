"""What was said so far, as Gemini's contents: turns of the user and of the model, one after the other.

Sources, all at ai.google.dev/gemini-api/docs: function-calling (answers of functions come in the user's next turn, as
many as there were calls), thought-signatures, file-input-methods.
"""

from mimetypes import guess_type
from urllib.parse import urlsplit

import msgspec

from resilience.errors import Failure, Reason
from services.providers.adapters.gemini import asked, signatures
from services.providers.adapters.gemini.call_ids import made
from services.providers.adapters.gemini.models import LEVELS, generation
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

USER, MODEL = "user", "model"
_SYSTEM, _DEVELOPER, _ASSISTANT = Role.SYSTEM, Role.DEVELOPER, Role.ASSISTANT  # an enum's members are slow to look up

FILES = ("https://", "http://", "gs://", "files/")
"""How addresses of files begin that the Gemini API can fetch; the last is a name of the Files API."""

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Contents:
    """Writes turns in their order. `system` is what the instructions say, `said` everything else."""

    def __init__(self, model: str, losses: Losses, *, files: tuple[str, ...] = FILES) -> None:
        self._losses = losses
        self._files = files
        self._signed = self._media_in_answers = generation(model) >= LEVELS
        self._calls: dict[str, tuple[int, str]] = {}
        self._order: dict[int, int] = {}
        self.details: set[str] = set()
        """How closely the media are to be looked at, in callers' words."""
        self.system: list[asked.Part] = []
        self.said: list[asked.Content] = []

    def add(self, turn: Turn) -> None:
        """Write a turn; those of one side that follow each other are one."""
        if turn.name:
            self._losses.hint("messages.name")
        if turn.role is _SYSTEM or turn.role is _DEVELOPER:
            if self.said:
                self._losses.hint("messages.role")  # what it says stays, where it says it does not
            self._instruct(turn)
            return
        role = MODEL if turn.role is _ASSISTANT else USER
        last = self.said[-1] if self.said else None
        new = last is None or last.role != role
        parts: list[asked.Part] = [] if last is None or new else last.parts
        if role == MODEL:
            self._model_says(turn, parts)
        else:
            self._user_says(turn, parts)
        if new and parts:
            self.said.append(asked.Content(parts, role))

    def go_on(self, prefix: str) -> None:
        """The model has said `prefix` of its answer already."""
        self.add(Turn(Role.ASSISTANT, (Text(prefix),)))

    def _instruct(self, turn: Turn) -> None:
        for part in turn.parts:
            if isinstance(part, Text):
                self.system.append(self._text(part))
            else:
                self._losses.meaning("system")

    def _user_says(self, turn: Turn, parts: list[asked.Part]) -> None:
        answers = False
        for part in turn.parts:
            if isinstance(part, ToolResult):
                self._result(part, parts)
                answers = True
            else:
                self._say(part, parts, alone=len(turn.parts) == 1)
        if answers:
            # Where a call has no id, only the order tells which answer is its own.
            parts.sort(key=lambda part: self._order.get(id(part.function_response), len(self._calls)))

    def _model_says(self, turn: Turn, parts: list[asked.Part]) -> None:
        lent, called = "", False
        for before in parts:
            called |= before.function_call is not None
        for part in turn.parts:
            if isinstance(part, ToolCall):
                signature = part.signature.removeprefix(signatures.OF_CALL) or lent
                if not signature and self._signed and not called:
                    signature = signatures.NONE
                parts.append(self._call(part, signature))
                lent, called = "", True
            elif isinstance(part, Reasoning):
                lent = signatures.own(part.signature, signatures.OF_CALL) or lent
                self._think(part, parts)
            else:
                self._say(part, parts, alone=len(turn.parts) == 1)

    def _say(self, part: Part, parts: list[asked.Part], *, alone: bool) -> None:
        if isinstance(part, Text):
            if part.text or (alone and not parts):
                parts.append(self._text(part))
        elif isinstance(part, Media):
            parts += self._media(part)
        elif isinstance(part, Refusal):
            parts.append(asked.Part(part.text))
        else:
            raise Failure(Reason.INVALID_REQUEST, "A turn has a part that only the other side can say.")

    def _text(self, part: Text) -> asked.Part:
        if part.cache:
            self._losses.hint("cache_control")
        if part.citations:
            self._losses.hint("citations")
        return asked.Part(part.text)

    def _think(self, part: Reasoning, parts: list[asked.Part]) -> None:
        signature = signatures.own(part.signature, signatures.OWN)
        if part.redacted or (part.signature and not part.signature.startswith((signatures.OWN, signatures.OF_CALL))):
            self._losses.hint("messages.reasoning")
        if part.text:
            parts.append(asked.Part(text=part.text, thought=True, thought_signature=signature or None))
        elif signature:
            parts.append(asked.Part(text="", thought_signature=signature))

    def _call(self, part: ToolCall, signature: str) -> asked.Part:
        if part.cache:
            self._losses.hint("cache_control")
        self._calls[part.id] = (len(self._calls), part.name)
        call = asked.FunctionCall(part.name, None if made(part.id) else part.id, self._arguments(part.arguments))
        return asked.Part(function_call=call, thought_signature=signature or None)

    def _arguments(self, written: str) -> msgspec.Raw:
        """Gemini takes an object only; what is none is a field of one."""
        if not written.strip():
            return msgspec.Raw(b"{}")
        raw = written.encode()
        try:
            _object.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            self._losses.hint("messages.tool_calls.arguments")
            return msgspec.Raw(asked.encode({"arguments": written}))
        return msgspec.Raw(raw)

    def _result(self, result: ToolResult, parts: list[asked.Part]) -> None:
        order, name = self._calls.get(result.id, (-1, ""))
        if order < 0:
            raise Failure(
                Reason.INVALID_REQUEST, "A tool's result answers no call of a tool.", detail={"param": "tool_call_id"}
            )
        if result.cache:
            self._losses.hint("cache_control")
        texts: list[str] = []
        shown: list[asked.ResponsePart] = []
        beside: list[asked.Part] = []
        for part in result.parts:
            if isinstance(part, Text):
                texts.append(self._text(part).text or "")
                continue
            for written in self._media(part):
                if written.inline_data is not None and self._media_in_answers:
                    shown.append(asked.ResponsePart(written.inline_data))
                else:
                    beside.append(written)
        said: str | list[str] = texts if len(texts) > 1 else "".join(texts)
        response = asked.FunctionResponse(
            name,
            {"error" if result.failed else "output": said},
            None if made(result.id) else result.id,
            shown or None,
        )
        self._order[id(response)] = order
        parts += (asked.Part(function_response=response), *beside)

    def _media(self, part: Media) -> list[asked.Part]:
        """It, after what is told of it; nothing where the vendor cannot fetch it."""
        self.details.add(part.detail)
        if part.cache:
            self._losses.hint("cache_control")
        if part.cited:
            self._losses.hint("citations")
        if part.name:
            self._losses.hint("filename")
        told = [asked.Part(text=part.context)] if part.context else []
        if part.data:
            return [*told, asked.Part(inline_data=asked.Blob(part.media_type or _USUAL[part.kind], part.data))]
        address = part.url or part.file_id
        if not address.startswith(self._files):
            self._losses.meaning(f"{part.kind}.{'file_id' if part.file_id else 'url'}")
            return []
        media_type = part.media_type or guess_type(urlsplit(address).path)[0]
        return [*told, asked.Part(file_data=asked.FileData(media_type, address))]


_USUAL = {"image": "image/png", "audio": "audio/wav", "document": "application/pdf"}
