"""A text of the operator's own, as OpenAI's responses and their events."""

import json
from collections.abc import Iterator
from typing import Any

from services.gateway.domain.dialect import STOP, StaticAnswer

_NOTHING_USED = {
    "input_tokens": 0,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens": 0,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 0,
}


def whole(answer: StaticAnswer) -> bytes:
    """The body of a response."""
    return json.dumps(_response(answer, "completed", [_message(answer, _part(answer.text))])).encode()


def events(answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:
    """The events of a stream, each with its text and finish reason."""
    for number, (kind, fields) in enumerate(_events(answer)):
        text = answer.text if kind == "output_text.delta" else ""
        finish = STOP if kind == "completed" else ""
        yield json.dumps({"type": f"response.{kind}", "sequence_number": number, **fields}).encode(), text, finish


def _events(answer: StaticAnswer) -> Iterator[tuple[str, dict[str, Any]]]:
    item = {"item_id": _item_id(answer), "output_index": 0}
    part, said = {**item, "content_index": 0}, _message(answer, _part(answer.text))
    yield "created", {"response": _response(answer, "in_progress", [])}
    yield "in_progress", {"response": _response(answer, "in_progress", [])}
    yield "output_item.added", {"output_index": 0, "item": _message(answer)}
    yield "content_part.added", {**part, "part": _part("")}
    yield "output_text.delta", {**part, "delta": answer.text, "logprobs": []}
    yield "output_text.done", {**part, "text": answer.text, "logprobs": []}
    yield "content_part.done", {**part, "part": _part(answer.text)}
    yield "output_item.done", {"output_index": 0, "item": said}
    yield "completed", {"response": _response(answer, "completed", [said])}


def _response(answer: StaticAnswer, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": answer.request_id,
        "object": "response",
        "created_at": answer.created,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": answer.model,
        "output": output,
        "usage": _NOTHING_USED if output else None,
    }


def _message(answer: StaticAnswer, *content: dict[str, Any]) -> dict[str, Any]:
    status = "completed" if content else "in_progress"
    about = {"id": _item_id(answer), "type": "message", "status": status, "role": "assistant"}
    return {**about, "content": list(content)}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": text}


def _item_id(answer: StaticAnswer) -> str:
    return f"msg_{answer.request_id}"
