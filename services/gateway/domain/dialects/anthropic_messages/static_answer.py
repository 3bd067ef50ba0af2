"""A text of the operator's own, as Anthropic's messages and events."""

import json
from collections.abc import Iterator
from typing import Any

from services.gateway.domain.dialect import STOP, StaticAnswer

_ENDED: dict[str, str | None] = {"stop_reason": "end_turn", "stop_sequence": None}
_NOT_ENDED: dict[str, str | None] = {"stop_reason": None, "stop_sequence": None}
_NOTHING_USED = {"input_tokens": 0, "output_tokens": 0}


def whole(answer: StaticAnswer) -> bytes:
    """The body of a message."""
    return json.dumps(_message(answer, [{"type": "text", "text": answer.text}], _ENDED)).encode()


def events(answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:
    """The events of a stream, each with its text and finish reason."""
    delta = {"type": "text_delta", "text": answer.text}
    yield _event("message_start", message=_message(answer, [], _NOT_ENDED)), "", ""
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""}), "", ""
    yield _event("content_block_delta", index=0, delta=delta), answer.text, ""
    yield _event("content_block_stop", index=0), "", ""
    yield _event("message_delta", delta=_ENDED, usage={"output_tokens": 0}), "", STOP
    yield _event("message_stop"), "", ""


def _message(answer: StaticAnswer, content: list[dict[str, str]], stop: dict[str, str | None]) -> dict[str, Any]:
    about = {"id": answer.request_id, "type": "message", "role": "assistant", "model": answer.model}
    return {**about, "content": content, **stop, "usage": _NOTHING_USED}


def _event(kind: str, **fields: object) -> bytes:
    return json.dumps({"type": kind, **fields}).encode()
