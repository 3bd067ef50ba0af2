"""An answer that broke off and is gone on with: what was said of it, and what of its rest is new."""

from dataclasses import dataclass, field

from services.gateway.domain.usage import Usage

REPEATED = 16
"""Characters of an answer from which on it is no chance that another begins with all of them."""


@dataclass(slots=True)
class Said:
    """What a caller has of an answer so far."""

    first: bytes = b""
    """The first event: what comes later carries its id."""
    last: bytes = b""
    """The last event."""
    spoken: bytes = b""
    """The last event that had text."""
    parts: list[str] = field(default_factory=list)
    used: Usage | None = None
    """What the attempts used that said it: one prompt, and all that was answered to it."""

    def note(self, data: bytes, text: str) -> None:
        """An event was passed on."""
        self.last = data or self.last
        if not self.first:
            self.first = data
        if text:
            self.parts.append(text)
            self.spoken = data

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


class NewText:
    """Finds what of an answer's rest was not said before.

    Some vendors say again what they are to go on after. What is held back while it may be that comes with the first
    text that is something else.
    """

    def __init__(self, said: str) -> None:
        self._said = said
        self._held: str | None = "" if len(said) >= REPEATED else None

    def of(self, text: str, *, final: bool) -> str:
        """What of `text`, with what is held back, is new; `final`: no more text comes."""
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

    def rest(self) -> str:
        """What is held back, now that its text has ended."""
        if not self._held:
            return ""
        new, self._held = self._held, None
        return new
