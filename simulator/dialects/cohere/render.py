"""Cohere's messages, their events and models as bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from simulator.answers import Answer, Block
from simulator.delivery import Rendered
from simulator.dialects.cohere.errors import event

JSONObject = dict[str, object]
PREAMBLE = 60
"""Tokens of Cohere's own before every prompt, which are used, but not billed."""
DONE = b"data: [DONE]\n\n"
_REASONS = {"stop": b"COMPLETE", "length": b"MAX_TOKENS", "content_filter": b"ERROR", "tool_calls": b"TOOL_CALL"}
# The first words of an answer are the vendor's own; the next is cited.
_UNCITED = 2


@dataclass(frozen=True, slots=True)
class Heading:
    """What a response says of itself: its id, how many tokens were cached, and what it is to cite."""

    identity: str
    cached: int = 0
    sources: Sequence[JSONObject] = ()


def message(answer: Answer, heading: Heading) -> Rendered:
    """Render a plain answer."""
    content: list[JSONObject] = []
    said: JSONObject = {"role": "assistant"}
    calls = [block for block in answer.blocks if block.kind == "call" and block.tokens]
    for block in answer.blocks:
        if block.kind == "thought" and calls:
            said["tool_plan"] = block.text
        elif block.kind == "thought":
            content.append({"type": "thinking", "thinking": block.text})
        elif block.kind == "text" and block.tokens:
            content.append({"type": "text", "text": block.text})
    if calls:
        said["tool_calls"] = [_call(number, block, heading, block.text) for number, block in enumerate(calls)]
    if content:
        said["content"] = content
    if cited := _citation(answer, heading):
        said["citations"] = [cited]
    body = b'{"id":%b,"message":%b,"finish_reason":"%b","usage":%b}' % (
        msgspec.json.encode(heading.identity), msgspec.json.encode(said), _reason(answer), _usage(answer, heading),
    )  # fmt: skip
    return Rendered(False, (body,), (len(answer.tokens),), answer.prompt_tokens)


def events(answer: Answer, heading: Heading, *, tokens_per_chunk: int) -> Rendered:
    """Render a streamed answer, `tokens_per_chunk` to a delta."""
    begun = (
        b'"id":%b,"delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}'
    )
    # What comes before the first text leaves with it, so that no byte of the body precedes the first token.
    opening = event(b"message-start", begun % msgspec.json.encode(heading.identity))
    pieces: list[bytes] = []
    tokens: list[int] = []
    given = 0
    for part in _parts(answer, heading):
        opening += part.start
        for at in range(0, len(part.block.tokens), tokens_per_chunk):
            some = part.block.tokens[at : at + tokens_per_chunk]
            given += len(some)
            pieces.append(opening + event(part.name, part.delta % msgspec.json.encode("".join(some))))
            tokens.append(given)
            opening = b""
        opening += part.end
    if not pieces:
        pieces, tokens, opening = [opening], [0], b""
    finish, unfinished = (
        opening + event(b"message-end", b'"delta":{"finish_reason":%b,"usage":%b}' % (reason, _usage(answer, heading)))
        for reason in (b'"%b"' % _reason(answer), b"null")
    )
    return Rendered(True, tuple(pieces), tuple(tokens), answer.prompt_tokens, finish, unfinished, DONE)


@dataclass(frozen=True, slots=True)
class _Part:
    """A block of a stream: what comes before and after its deltas, their name and their fields around the text."""

    block: Block
    name: bytes
    delta: bytes
    start: bytes = b""
    end: bytes = b""


def _parts(answer: Answer, heading: Heading) -> Iterator[_Part]:
    blocks = [block for block in answer.blocks if block.tokens]
    calls = 0
    plans = any(block.kind == "call" for block in blocks)
    for index, block in enumerate(blocks):
        if block.kind == "call":
            begun = msgspec.json.encode(_call(calls, block, heading, ""))
            yield _Part(
                block,
                b"tool-call-delta",
                b'"index":%d,"delta":{"message":{"tool_calls":{"function":{"arguments":%%b}}}}' % calls,
                event(b"tool-call-start", b'"index":%d,"delta":{"message":{"tool_calls":%b}}' % (calls, begun)),
                event(b"tool-call-end", b'"index":%d' % calls),
            )
            calls += 1
        elif block.kind == "thought" and plans:
            yield _Part(block, b"tool-plan-delta", b'"delta":{"message":{"tool_plan":%b}}')
        else:
            kind = b"thinking" if block.kind == "thought" else b"text"
            begun = b'"index":%d,"delta":{"message":{"content":{"type":"%b","%b":""}}}' % (index, kind, kind)
            yield _Part(
                block,
                b"content-delta",
                b'"index":%d,"delta":{"message":{"content":{"%b":%%b}}}' % (index, kind),
                event(b"content-start", begun),
                (_cited(answer, heading) if kind == b"text" else b"") + event(b"content-end", b'"index":%d' % index),
            )


def _cited(answer: Answer, heading: Heading) -> bytes:
    citation = _citation(answer, heading)
    if citation is None:
        return b""
    told = b'"index":0,"delta":{"message":{"citations":%b}}' % msgspec.json.encode(citation)
    return event(b"citation-start", told) + event(b"citation-end", b'"index":0')


def _citation(answer: Answer, heading: Heading) -> JSONObject | None:
    """The first word that was heard, as from all sources; None where nothing is cited."""
    texts = [(index, block) for index, block in enumerate(answer.blocks) if block.kind == "text"]
    if not heading.sources or not texts or len(texts[0][1].tokens) <= _UNCITED:
        return None
    index, block = texts[0]
    start = len("".join(block.tokens[:_UNCITED])) + 1
    word = block.tokens[_UNCITED][1:]
    return {
        "start": start,
        "end": start + len(word),
        "text": word,
        "sources": list(heading.sources),
        "content_index": index,
        "type": "TEXT_CONTENT",
    }


def _call(number: int, block: Block, heading: Heading, arguments: str) -> JSONObject:
    identity = f"{block.function}_{heading.identity[-12:]}{number}"
    return {"id": identity, "type": "function", "function": {"name": block.function, "arguments": arguments}}


def _reason(answer: Answer) -> bytes:
    return b"STOP_SEQUENCE" if answer.stop_sequence else _REASONS[answer.finish_reason]


def _usage(answer: Answer, heading: Heading) -> bytes:
    asked, given = answer.prompt_tokens, len(answer.tokens)
    return (
        b'{"billed_units":{"input_tokens":%d,"output_tokens":%d},'
        b'"tokens":{"input_tokens":%d,"output_tokens":%d},"cached_tokens":%d}'
    ) % (asked, given, asked + PREAMBLE, given, heading.cached)


def model_object(name: str) -> JSONObject:
    """Return a model as the models endpoints list it."""
    return {
        "name": name,
        "is_deprecated": False,
        "endpoints": ["chat", "embed"],
        "finetuned": False,
        "context_length": 128000,
        "tokenizer_url": None,
        "default_endpoints": [],
        "features": ["tools", "json_mode", "vision"],
    }
