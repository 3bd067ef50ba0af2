"""A text of the operator's own, as OpenAI's completions and chunks."""

import json
from collections.abc import Iterator
from typing import Any

from services.gateway.domain.dialect import STOP, StaticAnswer


def whole(answer: StaticAnswer) -> bytes:
    """The body of a completion."""
    message = {"role": "assistant", "content": answer.text}
    return _body(answer, "chat.completion", {"message": message, "finish_reason": STOP})


def chunks(answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:
    """The chunks of a stream, each with its text and finish reason."""
    text = answer.text
    for delta, said, reason in (({"role": "assistant", "content": text}, text, ""), ({}, "", STOP)):
        choice = {"delta": delta, "finish_reason": reason or None}
        yield _body(answer, "chat.completion.chunk", choice), said, reason


def _body(answer: StaticAnswer, kind: str, choice: dict[str, Any]) -> bytes:
    about = {"id": answer.request_id, "object": kind, "created": answer.created, "model": answer.model}
    return json.dumps({**about, "choices": [{"index": 0, **choice}]}).encode()
