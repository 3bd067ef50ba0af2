"""Anthropic's events and messages, as a hop's frames."""

import json
from typing import Any

from services.gateway.application.ports import Frame
from services.gateway.domain.usage import Usage
from tests.unit.gateway.world import Answer

FINISHES = {"end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls"}


def event(kind: str, text: str = "", finish: str = "", used: Usage | None = None, **fields: Any) -> Frame:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False).encode()
    return Frame(data, text, finish, used)


def start(by: str = "a", prompt: int = 100) -> Frame:
    message = {"id": f"msg_{by}", "type": "message", "role": "assistant", "model": by, "content": []}
    told = {"input_tokens": prompt, "output_tokens": 1}
    stop = {"stop_reason": None, "stop_sequence": None}
    return event("message_start", used=Usage(prompt, 1), message={**message, **stop, "usage": told})


def begin(index: int = 0, **block: Any) -> Frame:
    return event("content_block_start", index=index, content_block=block or {"type": "text", "text": ""})


def delta(text: str, index: int = 0) -> Frame:
    return event("content_block_delta", text, index=index, delta={"type": "text_delta", "text": text})


def end(index: int = 0) -> Frame:
    return event("content_block_stop", index=index)


def stop(reason: str = "end_turn", output: int = 20, prompt: int = 100) -> Frame:
    return event(
        "message_delta",
        finish=FINISHES[reason],
        used=Usage(prompt, output),
        delta={"stop_reason": reason, "stop_sequence": None},
        usage={"output_tokens": output},
    )


LAST = (event("message_stop"), Frame(end=True))


def streamed(*texts: str, by: str = "a", reason: str = "end_turn", prompt: int = 100) -> Answer:
    return [
        start(by, prompt),
        begin(),
        *(delta(text) for text in texts),
        end(),
        stop(reason, prompt=prompt),
        *LAST,
    ]


def whole(text: str, reason: str = "end_turn", **more: Any) -> Answer:
    message = {
        "id": "msg_a",
        "type": "message",
        "role": "assistant",
        "model": "a",
        "content": [{"type": "text", "text": text}],
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 20},
    }
    return [Frame(json.dumps(message).encode(), "", FINISHES[reason], Usage(100, 20), end=True, **more)]
