"""Converse's answers, and their events, as bytes: members by their names, as AWS writes them."""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from simulator.answers import Answer, Block
from simulator.delivery import Rendered
from simulator.dialects.bedrock import frames
from simulator.dialects.prompt_cache import Billed
from simulator.dialects.thought_signature import sign

_REASONS = {
    "stop": b"end_turn",
    "length": b"max_tokens",
    "content_filter": b"content_filtered",
    "tool_calls": b"tool_use",
}
_PADDING = (string.ascii_letters + string.digits).encode()


@dataclass(frozen=True, slots=True)
class Heading:
    """What a response says of itself: `identity` ends its ids. `guarded`: by a guardrail."""

    identity: bytes
    billed: Billed
    guarded: bool = False
    tells_stop: bool = False


def message(answer: Answer, heading: Heading) -> Rendered:
    """Render a plain answer."""
    blocks = [block for block in answer.blocks if block.tokens]
    content = b",".join(_block(number, block, heading) for number, block in enumerate(blocks))
    body = b'{%b"metrics":%b,"output":{"message":{"content":[%b],"role":"assistant"}},"stopReason":"%b","usage":%b}' % (
        _fields(answer, heading), _metrics(answer), content, _reason(answer, heading), _usage(heading.billed, answer),
    )  # fmt: skip
    return Rendered(False, (body,), (len(answer.tokens),), answer.prompt_tokens)


def events(answer: Answer, heading: Heading, *, tokens_per_chunk: int) -> Rendered:
    """Render a streamed answer, `tokens_per_chunk` to a delta. Its end mark is what follows `messageStop`."""
    # What comes before the first text leaves with it, so that no byte of the body precedes the first token.
    opening = frames.event(b"messageStart", b'{%b,"role":"assistant"}' % _padding(0))
    pieces: list[bytes] = []
    tokens: list[int] = []
    given = 0
    for number, block in enumerate(block for block in answer.blocks if block.tokens):
        if block.kind == "call":
            begun = b'{"contentBlockIndex":%d,%b,"start":{"toolUse":%b}}'
            opening += frames.event(
                b"contentBlockStart", begun % (number, _padding(number), _call(number, block, heading))
            )
        for added, count in _deltas(block, tokens_per_chunk):
            given += count
            pieces.append(opening + _delta(number, added))
            tokens.append(given)
            opening = b""
        if block.kind == "thought":
            opening = _delta(number, b'{"reasoningContent":{"signature":%b}}' % msgspec.json.encode(sign(block.text)))
        opening += frames.event(b"contentBlockStop", b'{"contentBlockIndex":%d,%b}' % (number, _padding(number)))
    if not pieces:
        pieces, tokens, opening = [opening], [0], b""
    stop = b'{%b%b,"stopReason":"%b"}' % (_fields(answer, heading), _padding(given), _reason(answer, heading))
    told = b'{"metrics":%b,%b,"usage":%b}' % (_metrics(answer), _padding(given), _usage(heading.billed, answer))
    return Rendered(
        True,
        tuple(pieces),
        tuple(tokens),
        answer.prompt_tokens,
        finish=opening + frames.event(b"messageStop", stop),
        unfinished=opening,
        done=frames.event(b"metadata", told),
    )


def _deltas(block: Block, tokens_per_chunk: int) -> Iterator[tuple[bytes, int]]:
    kind = {
        "text": b'{"text":%b}',
        "thought": b'{"reasoningContent":{"text":%b}}',
        "call": b'{"toolUse":{"input":%b}}',
    }[block.kind]
    for start in range(0, len(block.tokens), tokens_per_chunk):
        part = block.tokens[start : start + tokens_per_chunk]
        yield kind % msgspec.json.encode("".join(part)), len(part)


def _delta(number: int, delta: bytes) -> bytes:
    padding = _padding(len(delta))
    return frames.event(b"contentBlockDelta", b'{"contentBlockIndex":%d,"delta":%b,%b}' % (number, delta, padding))


def _padding(length: int) -> bytes:
    """What hides how long a text is from whom only sees the size of what is sent; at AWS its length is random."""
    return b'"p":"%b"' % _PADDING[: 1 + length % len(_PADDING)]


def _block(number: int, block: Block, heading: Heading) -> bytes:
    match block.kind:
        case "thought":
            told = msgspec.json.encode({"signature": sign(block.text), "text": block.text})
            return b'{"reasoningContent":{"reasoningText":%b}}' % told
        case "call":
            called = b'"input":%b,' % _whole(block.text)
            return b'{"toolUse":%b}' % _call(number, block, heading).replace(b"{", b"{" + called, 1)
        case _:
            return b'{"text":%b}' % msgspec.json.encode(block.text)


def _call(number: int, block: Block, heading: Heading) -> bytes:
    name = msgspec.json.encode(block.function)
    return b'{"name":%b,"toolUseId":"tooluse_%b_%d"}' % (name, heading.identity, number)


def _whole(arguments: str) -> bytes:
    """Return arguments as they are, or none where they were cut."""
    try:
        msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        return b"{}"
    return arguments.encode()


def _reason(answer: Answer, heading: Heading) -> bytes:
    if answer.stop_sequence:
        return b"stop_sequence"
    if answer.finish_reason == "content_filter" and heading.guarded:
        return b"guardrail_intervened"
    return _REASONS[answer.finish_reason]


def _fields(answer: Answer, heading: Heading) -> bytes:
    """What of the model's own answer is asked for."""
    if not heading.tells_stop:
        return b""
    sequence = msgspec.json.encode(answer.stop_sequence or None)
    return b'"additionalModelResponseFields":{"stop_sequence":%b},' % sequence


def _metrics(answer: Answer) -> bytes:
    """A millisecond a token, so that it is foretold, too."""
    return b'{"latencyMs":%d}' % len(answer.tokens)


def _usage(billed: Billed, answer: Answer) -> bytes:
    given = len(answer.tokens)
    written = b",".join(
        b'{"inputTokens":%d,"ttl":"%b"}' % (count, ttl)
        for ttl, count in ((b"1h", billed.written_1h), (b"5m", billed.written_5m))
        if count
    )
    details = b'"cacheDetails":[%b],' % written if written else b""
    return (
        b'{%b"cacheReadInputTokens":%d,"cacheWriteInputTokens":%d,"inputTokens":%d,"outputTokens":%d,"totalTokens":%d}'
    ) % (details, billed.read, billed.written, billed.fresh, given, answer.prompt_tokens + given)
