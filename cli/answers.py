"""An answer to a chat, whole or as it comes, and what it took."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pyqwest import Headers

DATA = "data: "
DONE = "[DONE]"


@dataclass
class Receipt:
    """What is known of a finished chat. Absent: None or an empty text."""

    request_id: str = ""
    target: str = ""
    finish_reason: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: str = ""
    milliseconds: float = 0.0
    text: str = field(default="", repr=False)

    def note_headers(self, headers: Headers) -> None:
        """Take what the gateway says before the answer."""
        self.request_id = headers.get("x-seawall-request-id", "")
        self.target = headers.get("x-seawall-target", "")
        self.cost_usd = headers.get("x-seawall-cost", "")

    def note(self, body: dict[str, Any]) -> str:
        """Take an answer, or one chunk of it; return its text."""
        if usage := body.get("usage"):
            self.input_tokens = usage.get("prompt_tokens")
            self.output_tokens = usage.get("completion_tokens")
        text = ""
        for choice in body.get("choices") or ():
            text += (choice.get("delta") or choice.get("message") or {}).get("content") or ""
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
        self.text += text
        return text

    def as_dict(self) -> dict[str, object]:
        """As `seawall chat --json` tells it."""
        return {
            "text": self.text,
            "finish_reason": self.finish_reason,
            "request_id": self.request_id,
            "target": self.target,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_usd": self.cost_usd or None,
            "milliseconds": round(self.milliseconds, 1),
        }


def events(parts: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The events of a stream, up to its end. Raises ValueError where one is not JSON, or the end is missing."""
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            text = line.decode().strip()
            if text == DATA + DONE:
                return
            if text.startswith(DATA):
                yield json.loads(text.removeprefix(DATA))
    raise ValueError("the stream broke off")
