"""Anthropic's messages, their events and models as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from simulator.answers import Answer, Block
from simulator.delivery import Rendered
from simulator.dialects.anthropic.errors import event
from simulator.dialects.prompt_cache import Billed
from simulator.dialects.thought_signature import sign

JSONObject = dict[str, object]
PING = event(b"ping", b'{"type":"ping"}')
DONE = event(b"message_stop", b'{"type":"message_stop"}')
_REASONS = {"stop": b"end_turn", "length": b"max_tokens", "content_filter": b"refusal", "tool_calls": b"tool_use"}


@dataclass(frozen=True, slots=True)
class Heading:
    """What a response says of itself: `identity` ends its ids, `model` is JSON; thoughts may have to be kept back."""

    identity: bytes
    model: bytes
    billed: Billed
    omits_thoughts: bool = False


def message(answer: Answer, heading: Heading) -> Rendered:
    """Render a plain answer."""
    blocks = [block for block in answer.blocks if block.tokens]
    content = b",".join(_block(number, block, heading) for number, block in enumerate(blocks))
    count = len(answer.tokens)
    body = _message(heading, content, _ended(answer), _usage(heading.billed, answer, count))
    return Rendered(False, (body,), (count,), answer.prompt_tokens)


def events(answer: Answer, heading: Heading, *, tokens_per_chunk: int) -> Rendered:
    """Render a streamed answer, `tokens_per_chunk` to a delta."""
    blocks = [block for block in answer.blocks if block.tokens]
    start = b'{"type":"message_start","message":%b}' % _message(
        heading, b"", b'"stop_reason":null,"stop_sequence":null', _usage(heading.billed, answer, 1)
    )
    # All that comes before the first text leaves with it, so that no byte of the body precedes the first token.
    opening = event(b"message_start", start)
    pieces: list[bytes] = []
    tokens: list[int] = []
    given = 0
    for number, block in enumerate(blocks):
        opening += _opened(number, block, heading)
        if number == 0:
            opening += PING
        if block.kind == "call":
            opening += _delta(number, b'"input_json_delta","partial_json":""')
        for delta, count in _deltas(number, block, heading, tokens_per_chunk):
            given += count
            pieces.append(opening + delta)
            tokens.append(given)
            opening = b""
        opening = _closed(number, block)
    if not pieces:
        pieces, tokens, opening = [opening + PING], [0], b""
    usage = _closing_usage(heading.billed, answer)
    finish, unfinished = (
        opening + event(b"message_delta", b'{"type":"message_delta","delta":{%b},"usage":%b}' % (ended, usage))
        for ended in (_ended(answer), b'"stop_reason":null,"stop_sequence":null')
    )
    return Rendered(True, tuple(pieces), tuple(tokens), answer.prompt_tokens, finish, unfinished, DONE)


def _message(heading: Heading, content: bytes, ended: bytes, usage: bytes) -> bytes:
    return (
        b'{"model":%b,"id":"msg_%b","type":"message","role":"assistant","content":[%b],%b,"usage":%b}'
    ) % (heading.model, heading.identity, content, ended, usage)  # fmt: skip


def _ended(answer: Answer) -> bytes:
    if answer.stop_sequence:
        return b'"stop_reason":"stop_sequence","stop_sequence":%b' % msgspec.json.encode(answer.stop_sequence)
    ended = b'"stop_reason":"%b","stop_sequence":null' % _REASONS[answer.finish_reason]
    if answer.finish_reason == "content_filter":
        ended += b',"stop_details":{"type":"refusal","category":null,"explanation":null}'
    return ended


def _usage(billed: Billed, answer: Answer, output_tokens: int) -> bytes:
    return (
        b'{"input_tokens":%d,"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d,'
        b'"cache_creation":{"ephemeral_5m_input_tokens":%d,"ephemeral_1h_input_tokens":%d},'
        b'"output_tokens":%d%b,"service_tier":"standard"}'
    ) % (
        billed.fresh, billed.written, billed.read, billed.written_5m, billed.written_1h, output_tokens,
        _details(answer) if output_tokens > 1 else b"",
    )  # fmt: skip


def _closing_usage(billed: Billed, answer: Answer) -> bytes:
    return (
        b'{"input_tokens":%d,"cache_creation_input_tokens":%d,"cache_read_input_tokens":%d,"output_tokens":%d%b}'
    ) % (billed.fresh, billed.written, billed.read, len(answer.tokens), _details(answer))


def _details(answer: Answer) -> bytes:
    thoughts = sum(len(block.tokens) for block in answer.blocks if block.kind == "thought")
    return b',"output_tokens_details":{"thinking_tokens":%d}' % thoughts if thoughts else b""


def _block(number: int, block: Block, heading: Heading) -> bytes:
    match block.kind:
        case "thought":
            thought = b'""' if heading.omits_thoughts else msgspec.json.encode(block.text)
            signature = msgspec.json.encode(sign(block.text))
            return b'{"type":"thinking","thinking":%b,"signature":%b}' % (thought, signature)
        case "call":
            return _call(number, block, heading, _whole(block.text))
        case _:
            return b'{"type":"text","text":%b}' % msgspec.json.encode(block.text)


def _call(number: int, block: Block, heading: Heading, given: bytes) -> bytes:
    name = msgspec.json.encode(block.function)
    return b'{"type":"tool_use","id":"toolu_%b_%d","name":%b,"input":%b}' % (heading.identity, number, name, given)


def _whole(arguments: str) -> bytes:
    """Return arguments as they are, or none where they were cut."""
    try:
        msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        return b"{}"
    return arguments.encode()


def _opened(number: int, block: Block, heading: Heading) -> bytes:
    match block.kind:
        case "thought":
            empty = b'{"type":"thinking","thinking":"","signature":""}'
        case "call":
            empty = _call(number, block, heading, b"{}")
        case _:
            empty = b'{"type":"text","text":""}'
    start = b'{"type":"content_block_start","index":%d,"content_block":%b}' % (number, empty)
    return event(b"content_block_start", start)


def _deltas(number: int, block: Block, heading: Heading, tokens_per_chunk: int) -> Iterator[tuple[bytes, int]]:
    if block.kind == "thought" and heading.omits_thoughts:
        yield b"", len(block.tokens)
        return
    kind = {
        "text": b'"text_delta","text":%b',
        "thought": b'"thinking_delta","thinking":%b',
        "call": b'"input_json_delta","partial_json":%b',
    }[block.kind]
    for start in range(0, len(block.tokens), tokens_per_chunk):
        part = block.tokens[start : start + tokens_per_chunk]
        yield _delta(number, kind % msgspec.json.encode("".join(part))), len(part)


def _delta(number: int, delta: bytes) -> bytes:
    data = b'{"type":"content_block_delta","index":%d,"delta":{"type":%b}}' % (number, delta)
    return event(b"content_block_delta", data)


def _closed(number: int, block: Block) -> bytes:
    signed = b""
    if block.kind == "thought":
        signed = _delta(number, b'"signature_delta","signature":%b' % msgspec.json.encode(sign(block.text)))
    return signed + event(b"content_block_stop", b'{"type":"content_block_stop","index":%d}' % number)


def model_object(name: str) -> JSONObject:
    """Return a model as the models endpoints list it."""
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": "2025-01-01T00:00:00Z",
        "lifecycle": "active",
    }
