"""Answers of 2 KB, whole and streamed, as each vendor writes them; their texts are the same."""

import json
from typing import Any

PIECE = " Water is high at noon, and again when the moon is over the harbour; mind the wind, which comes from the west."
PIECES = 16
TEXT = PIECE * PIECES

OPENAI_HEAD = {"id": "chatcmpl-1", "created": 1790000000, "model": "m"}
OPENAI_USAGE = {"prompt_tokens": 400, "completion_tokens": 500, "total_tokens": 900}
CLAUDE_HEAD = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m"}
CLAUDE_USAGE = {"input_tokens": 400, "output_tokens": 500}
GEMINI_USAGE = {"promptTokenCount": 400, "candidatesTokenCount": 500, "totalTokenCount": 900}
BEDROCK_USAGE = {"inputTokens": 400, "outputTokens": 500, "totalTokens": 900}
COHERE_USAGE = {"tokens": {"input_tokens": 400, "output_tokens": 500}}


def whole(dialect: str) -> bytes:
    """A whole answer's body."""
    answers: dict[str, dict[str, Any]] = {
        "openai": {
            **OPENAI_HEAD,
            "object": "chat.completion",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
            "usage": OPENAI_USAGE,
        },
        "anthropic": {
            **CLAUDE_HEAD,
            "content": [{"type": "text", "text": TEXT}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": CLAUDE_USAGE,
        },
        "gemini": {
            "candidates": [{"content": {"role": "model", "parts": [{"text": TEXT}]}, "finishReason": "STOP"}],
            "usageMetadata": GEMINI_USAGE,
            "modelVersion": "m",
            "responseId": "1",
        },
        "bedrock": {
            "output": {"message": {"role": "assistant", "content": [{"text": TEXT}]}},
            "stopReason": "end_turn",
            "usage": BEDROCK_USAGE,
            "metrics": {"latencyMs": 1},
        },
        "cohere": {
            "id": "1",
            "finish_reason": "COMPLETE",
            "message": {"role": "assistant", "content": [{"type": "text", "text": TEXT}]},
            "usage": COHERE_USAGE,
        },
    }
    return json.dumps(answers[dialect]).encode()


def streamed(dialect: str) -> list[bytes]:
    """The pieces of a stream as they come, an event each."""
    match dialect:
        case "openai":
            chunk = {**OPENAI_HEAD, "object": "chat.completion.chunk"}
            said = [{**chunk, "choices": [_openai({"content": PIECE})]} for _ in range(PIECES)]
            events = [
                {**chunk, "choices": [_openai({"role": "assistant", "content": ""})]},
                *said,
                {**chunk, "choices": [_openai({}, "stop")]},
                {**chunk, "choices": [], "usage": OPENAI_USAGE},
            ]
            return [*map(_event, events), b"data: [DONE]\n\n"]
        case "anthropic":
            delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": PIECE}}
            named: list[dict[str, Any]] = [
                {"type": "message_start", "message": {**CLAUDE_HEAD, "content": [], "usage": CLAUDE_USAGE}},
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                *[delta] * PIECES,
                {"type": "content_block_stop", "index": 0},
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 500}},
                {"type": "message_stop"},
            ]
            return [b"event: %b\n" % str(event["type"]).encode() + _event(event) for event in named]
        case "gemini":
            part = {"content": {"role": "model", "parts": [{"text": PIECE}]}}
            last = {"candidates": [{**part, "finishReason": "STOP"}], "usageMetadata": GEMINI_USAGE}
            return [_event({"candidates": [part], "modelVersion": "m"})] * (PIECES - 1) + [_event(last)]
        case "cohere":
            delta = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": PIECE}}}}
            started = {"role": "assistant", "content": []}
            said = [
                {"type": "message-start", "id": "1", "delta": {"message": started}},
                {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
                *[delta] * PIECES,
                {"type": "content-end", "index": 0},
                {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": COHERE_USAGE}},
            ]
            return [*map(_event, said)]
        case _:
            raise ValueError(f"no stream of {dialect} is kept here")


def _openai(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _event(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"
