"""A text of the operator's own, as a completion and its chunks."""

import json
from collections.abc import Iterator

from services.gateway.domain.dialect import STOP, StaticAnswer


def whole(answer: StaticAnswer) -> bytes:
    """The body of a completion."""
    return _body(answer, answer.text, STOP)


def chunks(answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:
    """The chunks of a stream, each with its text and finish reason."""
    yield _body(answer, answer.text, None), answer.text, ""
    yield _body(answer, "", STOP), "", STOP


def _body(answer: StaticAnswer, text: str, finish_reason: str | None) -> bytes:
    about = {"id": answer.request_id, "object": "text_completion", "created": answer.created, "model": answer.model}
    choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish_reason}
    return json.dumps({**about, "choices": [choice]}).encode()
