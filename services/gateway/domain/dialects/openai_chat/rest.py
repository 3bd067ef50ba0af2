"""The rest of a broken answer as OpenAI's chunks: one id, and a note of who goes on."""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.gateway.domain.continued import NewText, Said
from services.gateway.domain.dialect import Piece
from services.gateway.domain.usage import Usage

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode

_IDENTITY = ("id", "created", "model", "object")


class OpenAIRest:
    """See Rest."""

    def __init__(self, said: Said, target: str) -> None:
        text = said.text
        self._new = NewText(text)
        self._before = said.used or Usage()
        first = _fields(said.first)
        self._identity = {name: value for name in _IDENTITY if (value := first.get(name)) is not None}
        self._note: dict[str, Any] | None = {"continued": {"target": target, "at": len(text)}}

    def usage(self, told: Usage) -> Usage:
        """See Rest."""
        return self._before.answered(told)

    def pieces(self, data: bytes, text: str) -> Sequence[Piece]:
        """See Rest."""
        fields = _fields(data)
        choice = _choice(fields)
        new = self._new.of(text, final=bool(choice.get("finish_reason")))
        if choice and not self._says(choice, text, new) and not choice.get("finish_reason"):
            return ()
        fields |= self._identity
        if isinstance(told := fields.get("usage"), dict):
            fields["usage"] = told | self._told(told)
        if self._note is not None:
            fields["seawall"], self._note = self._note, None
        return ((_encode(fields), new),)

    def _says(self, choice: dict[str, Any], text: str, new: str) -> bool:
        """Have `choice` say what is `new` of its `text`; whether anything is left to say."""
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            return True
        delta.pop("role", None)
        if new != text:
            delta["content"] = new
        return bool(new) or _says_more(delta)

    def _told(self, told: dict[str, Any]) -> dict[str, int]:
        """The counts of a chunk that tells usage, for the answer as a whole."""
        answered = told.get("completion_tokens")
        whole = self.usage(Usage(output_tokens=answered if isinstance(answered, int) else 0))
        prompt, completion = whole.input_tokens, whole.output_tokens
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _fields(data: bytes) -> dict[str, Any]:
    try:
        return _decode(data)
    except msgspec.DecodeError:
        return {}


def _choice(fields: dict[str, Any]) -> dict[str, Any]:
    choices = fields.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _says_more(delta: dict[str, Any]) -> bool:
    """Whether a delta has something besides text, such as reasoning."""
    return any(value for name, value in delta.items() if name != "content")
