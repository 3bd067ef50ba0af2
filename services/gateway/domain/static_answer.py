"""A text of the operator's own, as an answer in the caller's dialect."""

import json
from collections.abc import Iterator
from typing import Any

FINISHED = "stop"


def whole(request_id: str, model: str, created: int, text: str) -> bytes:
    """The body of a completion."""
    message = {"role": "assistant", "content": text}
    return _body(request_id, "chat.completion", model, created, {"message": message, "finish_reason": FINISHED})


def chunks(request_id: str, model: str, created: int, text: str) -> Iterator[tuple[bytes, str, str]]:
    """The chunks of a stream, each with its text and finish reason."""
    for delta, said, reason in (({"role": "assistant", "content": text}, text, ""), ({}, "", FINISHED)):
        choice = {"delta": delta, "finish_reason": reason or None}
        yield _body(request_id, "chat.completion.chunk", model, created, choice), said, reason


def _body(request_id: str, kind: str, model: str, created: int, choice: dict[str, Any]) -> bytes:
    return json.dumps(
        {"id": request_id, "object": kind, "created": created, "model": model, "choices": [{"index": 0, **choice}]}
    ).encode()
