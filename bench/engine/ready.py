"""A hop that answers at once, and what is asked over it."""

import json
from collections.abc import Sequence

from services.gateway.application.ports import Envelope, Frame
from services.gateway.domain.usage import Usage

CHUNKS = 8
BODY = json.dumps({"model": "chat", "messages": [{"role": "user", "content": "word " * 350}]}).encode()
USAGE = Usage(400, 50)
WHOLE = (Frame(data=b"{}", finish_reason="stop", usage=USAGE, end=True),)
STREAM = (
    Frame(data=b"{}"),
    *(Frame(data=b'{"x":1}', text="word ") for _ in range(CHUNKS)),
    Frame(data=b"{}", finish_reason="stop"),
    Frame(usage=USAGE, end=True),
)


class ReadyHop:
    """Answers at once."""

    async def call(self, envelope: Envelope) -> "ReadyCall":
        """See Hop."""
        return ReadyCall(STREAM if envelope.stream else WHOLE)


class ReadyCall:
    """Has these frames."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        self._frames = iter(frames)

    async def next(self) -> Frame:
        """See Call."""
        return next(self._frames)

    def close(self) -> None:
        """See Call."""
