"""Mistral's answers, chunks and models as bytes: `models/{chatcompletionresponse,completionchunk}.py` of its client."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import msgspec

from simulator.answers import Answer, Block
from simulator.delivery import Rendered
from simulator.dialects.mistral.errors import event

JSONObject = dict[str, object]
DONE = b"data: [DONE]\n\n"
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CALL_ID_LENGTH = 9
# It has no word for an answer that a policy ends.
_REASONS = {"stop": "stop", "length": "length", "content_filter": "error", "tool_calls": "tool_calls"}


@dataclass(frozen=True, slots=True)
class Heading:
    """What every part of one response says of it."""

    identity: bytes
    created: int
    model: str

    def fields(self, kind: str) -> JSONObject:
        """Return the fields that name the response."""
        return {"id": self.identity.decode(), "object": kind, "created": self.created, "model": self.model}


def usage(prompt_tokens: int, completion_tokens: int) -> JSONObject:
    """Return the usage object."""
    return {
        "prompt_tokens": prompt_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "completion_tokens": completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def completion(answers: Sequence[Answer], heading: Heading) -> Rendered:
    """Render a plain answer, or several to one question."""
    given, count = answers[0].prompt_tokens, sum(len(answer.tokens) for answer in answers)
    choices = [_choice(index, answer, heading) for index, answer in enumerate(answers)]
    said = {**heading.fields("chat.completion"), "usage": usage(given, count), "choices": choices}
    return Rendered(False, (msgspec.json.encode(said),), (count,), given)


def _choice(index: int, answer: Answer, heading: Heading) -> JSONObject:
    calls = [_call(block, heading, index, number) for number, block in enumerate(answer.blocks) if block.kind == "call"]
    thoughts = [_thought(block.text) for block in answer.blocks if block.kind == "thought"]
    text = "".join(block.text for block in answer.blocks if block.kind == "text")
    content: object = [*thoughts, *([{"type": "text", "text": text}] if text else [])] if thoughts else text
    return {
        "index": index,
        "finish_reason": _REASONS[answer.finish_reason],
        "message": {"role": "assistant", "content": content, "tool_calls": calls or None},
    }


def chunks(answers: Sequence[Answer], heading: Heading, *, tokens_per_chunk: int) -> Rendered:
    """Render a streamed answer, `tokens_per_chunk` to a chunk of text; a call comes whole.

    Several answers to one question take turns. The chunk with the last finish reason has the request's usage.
    """
    streams = [_Choice(index, answer, heading) for index, answer in enumerate(answers)]
    pieces: list[bytes] = []
    tokens: list[int] = []
    given = 0
    for turn in zip_longest(*(stream.pieces(tokens_per_chunk) for stream in streams)):
        for piece, count in filter(None, turn):
            given += count
            pieces.append(piece)
            tokens.append(given)
    prompt = answers[0].prompt_tokens
    *before, last = streams
    finish = b"".join(stream.finish() for stream in before) + last.finish(usage(prompt, given))
    spent = event(
        msgspec.json.encode({**heading.fields("chat.completion.chunk"), "choices": [], "usage": usage(prompt, given)})
    )
    return Rendered(True, tuple(pieces), tuple(tokens), prompt, finish, spent, DONE)


class _Choice:
    """The chunks of one answer."""

    def __init__(self, index: int, answer: Answer, heading: Heading) -> None:
        self._index = index
        self._answer = answer
        self._heading = heading

    def finish(self, spent: JSONObject | None = None) -> bytes:
        """Return the chunk with the finish reason, and with what was spent where it is the last."""
        return self._chunk({"content": ""}, _REASONS[self._answer.finish_reason], spent)

    def pieces(self, tokens_per_chunk: int) -> Iterator[tuple[bytes, int]]:
        """Give each chunk, and how many tokens are in it."""
        # The role's chunk leaves with the first text, so that no byte of the stream's body precedes the first token.
        opening = self._chunk({"role": "assistant", "content": ""})
        for number, block in enumerate(self._answer.blocks):
            for delta, count in self._deltas(number, block, tokens_per_chunk):
                yield opening + self._chunk(delta), count
                opening = b""
        if opening:
            yield opening, 0

    def _deltas(self, number: int, block: Block, tokens_per_chunk: int) -> Iterator[tuple[JSONObject, int]]:
        if block.kind == "call":
            # An arguments' string stands last, so that a fault in the text of a piece is in them.
            yield {"content": "", "tool_calls": [_call(block, self._heading, self._index, number)]}, len(block.tokens)
            return
        for start in range(0, len(block.tokens), tokens_per_chunk):
            part = block.tokens[start : start + tokens_per_chunk]
            text = "".join(part)
            yield {"content": [_thought(text)] if block.kind == "thought" else text}, len(part)

    def _chunk(self, delta: JSONObject, reason: str | None = None, spent: JSONObject | None = None) -> bytes:
        said = {
            **self._heading.fields("chat.completion.chunk"),
            "choices": [{"index": self._index, "delta": delta, "finish_reason": reason}],
        }
        return event(msgspec.json.encode(said if spent is None else {**said, "usage": spent}))


def _thought(text: str) -> JSONObject:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


def _call(block: Block, heading: Heading, choice: int, number: int) -> JSONObject:
    return {
        "id": call_id(heading.identity, choice, number),
        "function": {"name": block.function, "arguments": block.text},
        "index": number,
    }


def call_id(identity: bytes, choice: int, number: int) -> str:
    """Return the id of a call: nine letters and digits, others for another call or answer."""
    drawn = int.from_bytes(identity) * 1_000_003 + zlib.crc32(b"%b %d %d" % (identity, choice, number))
    letters = []
    for _ in range(CALL_ID_LENGTH):
        drawn, at = divmod(drawn, len(_LETTERS))
        letters.append(_LETTERS[at])
    return "".join(letters)


def model_object(name: str) -> JSONObject:
    """Return a model as the models endpoints list it."""
    capabilities = {"completion_chat": True, "function_calling": True, "completion_fim": False, "vision": True}
    return {
        "id": name,
        "object": "model",
        "created": 1_700_000_000,
        "owned_by": "mistralai",
        "capabilities": {**capabilities, "fine_tuning": False, "classification": False},
        "name": name,
        "max_context_length": 131_072,
        "aliases": [],
        "type": "base",
    }
