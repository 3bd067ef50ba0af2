"""What a response is made of, as its items and the response itself are written."""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.providers.adapters.openai.responses.sealed import seal
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Citation, Media, Reasoning
from services.providers.domain.reply import CONTENT_FILTER, LENGTH, Finish

Fields = dict[str, Any]

COMPLETED, IN_PROGRESS, INCOMPLETE = "completed", "in_progress", "incomplete"
INCOMPLETE_REASONS = {LENGTH: "max_output_tokens", CONTENT_FILTER: "content_filter"}
"""Our finish reasons of a response that is not complete, in OpenAI's words."""


class _Logprobs(msgspec.Struct):
    content: list[msgspec.Raw] | None = None
    refusal: list[msgspec.Raw] | None = None


_logprobs = msgspec.json.Decoder(_Logprobs)


def message(item_id: str, content: list[Fields], status: str) -> Fields:
    """Texts and refusals."""
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}


def text_part(text: str, annotations: Sequence[Fields] = (), logprobs: Sequence[msgspec.Raw] = ()) -> Fields:
    """A text, as a part of a message."""
    return {"type": "output_text", "annotations": annotations, "logprobs": logprobs, "text": text}


def refusal_part(text: str) -> Fields:
    """Words of refusal, as a part of a message."""
    return {"type": "refusal", "refusal": text}


def summary_part(text: str) -> Fields:
    """A thought, as a part of a reasoning item."""
    return {"type": "summary_text", "text": text}


def reasoning(item_id: str, thought: Reasoning) -> Fields:
    """A thought, with what proves it; it has no status, as OpenAI's have none."""
    summary = [summary_part(thought.text)] if thought.text else []
    item: Fields = {"id": item_id, "type": "reasoning", "summary": summary}
    if sealed := seal(thought.signature, thought.redacted):
        item["encrypted_content"] = sealed
    return item


def call(item_id: str, call_id: str, name: str, arguments: str, status: str) -> Fields:
    """A call of a function."""
    return {
        "id": item_id,
        "type": "function_call",
        "status": status,
        "arguments": arguments,
        "call_id": call_id,
        "name": name,
    }


def image(item_id: str, media: Media) -> Fields:
    """An image that the model made. Media of other kinds are written so too, with what kind they are."""
    item: Fields = {"id": item_id, "type": "image_generation_call", "status": COMPLETED, "result": media.data}
    if media.url:
        item["url"] = media.url
    if media.kind != "image":
        item["media_type"] = media.media_type
    return item


def annotation(citation: Citation, start: int, end: int) -> Fields:
    """Where a text is from. `start` and `end`: the cited text, where the citation does not say.

    What OpenAI has no word for, such as the words that are cited, stands beside its own fields.
    """
    if citation.url and citation.document < 0:
        written: Fields = {
            "type": "url_citation",
            "start_index": citation.start if citation.start >= 0 else start,
            "end_index": citation.end if citation.end >= 0 else end,
            "title": citation.title,
            "url": citation.url,
        }
        return written | ({"quote": citation.quote} if citation.quote else {})
    return {
        "type": "file_citation",
        "file_id": "",
        "filename": citation.title,
        "index": max(citation.document, 0),
        "citation": citation,
    }


def logprobs_of(written: msgspec.Raw) -> list[msgspec.Raw]:
    """Those of a text, which chat completions have in an object."""
    return (_logprobs.decode(written).content or []) if written else []


def response(head: Fields, status: str, output: Sequence[Fields], finish: Finish | None, usage: Usage | None) -> Fields:
    """A response. `head`: its id, when it was begun, and its model. What it repeats of its request the gateway adds."""
    reason = INCOMPLETE_REASONS.get(finish.reason) if finish is not None and status == INCOMPLETE else None
    return {
        **head,
        "object": "response",
        "status": status,
        "error": None,
        "incomplete_details": None if reason is None else {"reason": reason},
        "output": output,
        "usage": None if usage is None else _usage(usage),
    }


def status_of(finish: Finish) -> str:
    """Whether the response is whole."""
    return INCOMPLETE if finish.reason in INCOMPLETE_REASONS else COMPLETED


def _usage(usage: Usage) -> Fields:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_input_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
