"""Chunks of one answer as the rest of another that broke off: one id, no text twice, and a note of who goes on."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from services.gateway.domain.usage import Usage

REPEATED = 16
"""Characters of an answer from which on it is no chance that another begins with all of them."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Said:
    """What a caller has of an answer so far."""

    first: bytes = b""
    """The first chunk: what comes later carries its id."""
    parts: list[str] = field(default_factory=list)
    used: Usage | None = None
    """What the attempts used that said it: one prompt, and all that was answered to it."""

    def note(self, data: bytes, text: str) -> None:
        """A chunk was passed on."""
        if not self.first:
            self.first = data
        if text:
            self.parts.append(text)

    def broke_off(self, used: Usage | None) -> None:
        """An attempt that said a part of it used this."""
        if self.used is None or used is None:
            self.used = self.used or used
        else:
            self.used = self.used.answered(used)

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.parts)


class Rest:
    """Turns the chunks of an attempt that goes on after `said` into the answer's rest; one per attempt.

    The caller is told the usage of one prompt, and of all that was answered to it.

    Some vendors say again what they are to go on after. What is held back while it may be that comes with the first
    chunk that is something else.
    """

    def __init__(self, said: Said, target: str) -> None:
        self._said = said.text
        self._before = said.used or Usage()
        self._identity = {name: value for name in _IDENTITY if (value := _fields(said.first).get(name)) is not None}
        self._note: dict[str, Any] | None = {"continued": {"target": target, "at": len(self._said)}}
        self._held: str | None = "" if len(self._said) >= REPEATED else None

    def usage(self, told: Usage) -> Usage:
        """The whole answer's, given what this attempt used."""
        return self._before.answered(told)

    def chunk(self, data: bytes, text: str) -> tuple[bytes, str]:
        """The chunk to pass on and its text; no data where nothing is left of it."""
        fields = _fields(data)
        choice = _choice(fields)
        new = self._new(text, final=bool(choice.get("finish_reason")))
        delta = choice.get("delta")
        if isinstance(delta, dict):
            delta.pop("role", None)
            if new != text:
                delta["content"] = new
            if not new and not choice.get("finish_reason") and not _says_more(delta):
                return b"", ""
        fields |= self._identity
        if isinstance(told := fields.get("usage"), dict):
            fields["usage"] = told | self._told(told)
        if self._note is not None:
            fields["seawall"], self._note = self._note, None
        return _encode(fields), new

    def _told(self, told: dict[str, Any]) -> dict[str, int]:
        """The counts of a chunk that tells usage, for the answer as a whole."""
        answered = told.get("completion_tokens")
        whole = self.usage(Usage(output_tokens=answered if isinstance(answered, int) else 0))
        prompt, completion = whole.input_tokens, whole.output_tokens
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    def _new(self, text: str, *, final: bool) -> str:
        """What of `text`, with what is held back, was not said before."""
        if self._held is None:
            return text
        self._held += text
        if self._held.startswith(self._said):
            new, self._held = self._held[len(self._said) :], None
            return new
        if self._said.startswith(self._held) and not final:
            return ""
        new, self._held = self._held, None
        return new


_IDENTITY = ("id", "created", "model", "object")


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
