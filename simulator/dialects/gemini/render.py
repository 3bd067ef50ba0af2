"""Gemini's answers, the chunks of their streams, and models, as bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import msgspec

from simulator.answers import TOKENS_PER_IMAGE, Answer, Block
from simulator.delivery import Rendered
from simulator.dialects.gemini.framing import Framing
from simulator.dialects.gemini.models import HAS_LEVELS, generation
from simulator.dialects.gemini.request import GenerateRequest
from simulator.dialects.gemini.surface import Surface
from simulator.dialects.thought_signature import sign

_REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY", "tool_calls": "STOP"}
_RATING = b',"safetyRatings":[{"category":"HARM_CATEGORY_DANGEROUS_CONTENT","probability":"HIGH","blocked":true}]'
_EMPTY = b'{"text":""}'
_SIGNED = b',"thoughtSignature":"%b"'


@dataclass(frozen=True, slots=True)
class Heading:
    """What a response says of itself, and of the prompt that it answers; `model` is JSON already.

    `cached` tokens of the prompt were read from a cache. `images` of it are images. Thoughts may have to be kept back,
    and what comes after them may be signed.
    """

    surface: Surface
    identity: bytes
    model: bytes
    prompt_tokens: int
    images: int
    cached: int
    shows_thoughts: bool
    signs: bool
    numbers_calls: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens that were given so far."""

    said: int = 0
    thought: int = 0

    def and_of(self, block: Block, count: int) -> Spent:
        """Return it with so many tokens of a block more."""
        if block.kind == "thought":
            return replace(self, thought=self.thought + count)
        return replace(self, said=self.said + count)

    @property
    def total(self) -> int:
        """All of them."""
        return self.said + self.thought


def heading(
    request: GenerateRequest, surface: Surface, identity: bytes, model: bytes, *, prompt_tokens: int, cached: int
) -> Heading:
    """Return what a response to a request says of itself."""
    return Heading(
        surface,
        identity,
        model,
        prompt_tokens,
        request.images,
        cached,
        request.shows_thoughts,
        request.signs,
        # https://ai.google.dev/gemini-api/docs/function-calling: ids come with the third generation.
        generation(request.model) >= HAS_LEVELS,
    )


def whole(answers: Sequence[Answer], told: Heading) -> Rendered:
    """Render a plain answer, or several to one question."""
    candidates: list[bytes] = []
    spent = Spent()
    for index, answer in enumerate(answers):
        parts: list[bytes] = []
        for number, block in enumerate(answer.blocks):
            spent = spent.and_of(block, len(block.tokens))
            if (part := _part(block, told, index, number, answer)) and block.tokens:
                parts.append(part)
        candidates.append(_candidate(index, parts, told, _ended(answer)))
    body = _chunk(candidates, told, spent)
    blocked = _laid_out(_blocked(told))
    return Rendered(False, (_laid_out(body),), (spent.total,), told.prompt_tokens, blocked=blocked)


def stream(answers: Sequence[Answer], told: Heading, framing: Framing, *, tokens_per_chunk: int) -> Rendered:
    """Render a streamed answer, `tokens_per_chunk` to a chunk; several answers to one question take turns.

    The call of a function is one chunk, whatever its length; a thought that is kept back is counted and not told.
    """
    spent = Spent()
    chunks: list[bytes] = []
    tokens: list[int] = []
    takes = [_parts(index, answer, told, tokens_per_chunk) for index, answer in enumerate(answers)]
    for turn in zip_longest(*takes):
        for index, each in enumerate(turn):
            if each is not None:
                part, block, count = each
                spent = spent.and_of(block, count)
                if part:
                    chunks.append(_chunk([_candidate(index, [part], told)], told, spent))
                    tokens.append(spent.total)
    if not chunks:
        chunks, tokens = [_chunk([_candidate(0, [_EMPTY], told)], told, spent)], [spent.total]
    finish, unfinished = (
        b"".join(
            framing.among(_chunk([_candidate(index, [_last(told)], told, ended(answer))], told, spent))
            for index, answer in enumerate(answers)
        )
        for ended in (_ended, lambda _: b"")
    )
    pieces = (framing.first(chunks[:1]), *map(framing.among, chunks[1:]))
    blocked = framing.first([_blocked(told)]) + framing.done
    return Rendered(True, pieces, tuple(tokens), told.prompt_tokens, finish, unfinished, framing.done, blocked)


def counted(prompt_tokens: int, images: int) -> bytes:
    """Render the size of a prompt."""
    return _laid_out(b'{"totalTokens":%d,"promptTokensDetails":%b}' % (prompt_tokens, _details(prompt_tokens, images)))


def _laid_out(body: bytes) -> bytes:
    return msgspec.json.format(body, indent=2) + b"\n"


def _parts(index: int, answer: Answer, told: Heading, chunk: int) -> Iterator[tuple[bytes, Block, int]]:
    """Give each part of a candidate, empty where it is kept back, of which block it is, and its tokens."""
    for number, block in enumerate(answer.blocks):
        if block.kind == "text" or (block.kind == "thought" and told.shows_thoughts):
            for start in range(0, len(block.tokens), chunk):
                some = replace(block, tokens=block.tokens[start : start + chunk])
                yield _text(some), block, len(some.tokens)
        else:
            yield _part(block, told, index, number, answer), block, len(block.tokens)


def _part(block: Block, told: Heading, index: int, number: int, answer: Answer) -> bytes:
    """Return a block as a part; empty where it is not to be seen, or was cut in a call, which is told whole or not."""
    if block.kind == "thought":
        return _text(block) if told.shows_thoughts else b""
    if block.kind == "text":
        signed = _SIGNED % sign("").encode() if told.signs else b""
        return b"%b%b}" % (_text(block)[:-1], signed)
    try:
        msgspec.json.decode(block.text)
    except msgspec.DecodeError:
        return b""
    call_id = b'"id":"%b_%d_%d",' % (told.identity[-12:], index, number) if told.numbers_calls else b""
    # Of several calls at once the first is signed, for all of them.
    is_first = next(at for at, each in enumerate(answer.blocks) if each.kind == "call") == number
    signed = _SIGNED % sign(block.function).encode() if told.signs and is_first else b""
    name = msgspec.json.encode(block.function)
    return b'{"functionCall":{%b"name":%b,"args":%b}%b}' % (call_id, name, block.text.encode(), signed)


def _text(block: Block) -> bytes:
    thought = b',"thought":true' if block.kind == "thought" else b""
    return b'{"text":%b%b}' % (msgspec.json.encode(block.text), thought)


def _last(told: Heading) -> bytes:
    """Return the part that a stream ends with: it says nothing, and signs what was said."""
    return b'{"text":""%b}' % (_SIGNED % sign("").encode()) if told.signs else _EMPTY


def _ended(answer: Answer) -> bytes:
    rating = _RATING if answer.finish_reason == "content_filter" else b""
    return b',"finishReason":"%b"%b' % (_REASONS[answer.finish_reason].encode(), rating)


def _candidate(index: int, parts: Sequence[bytes], told: Heading, ended: bytes = b"") -> bytes:
    said = b'"parts":[%b],' % b",".join(parts) if parts else b""
    # Vertex AI leaves out what is zero.
    number = b"" if told.surface.is_vertex and not index else b',"index":%d' % index
    return b'{"content":{%b"role":"model"}%b%b}' % (said, ended, number)


def _chunk(candidates: Sequence[bytes], told: Heading, spent: Spent) -> bytes:
    return b'{"candidates":[%b],%b}' % (b",".join(candidates), _tail(told, spent))


def _blocked(told: Heading) -> bytes:
    return b'{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},%b}' % _tail(told, Spent())


def _tail(told: Heading, spent: Spent) -> bytes:
    usage = b'"promptTokenCount":%d' % told.prompt_tokens
    if spent.said:
        usage += b',"candidatesTokenCount":%d' % spent.said
    usage += b',"totalTokenCount":%d' % (told.prompt_tokens + spent.total)
    if told.cached:
        usage += b',"cachedContentTokenCount":%d' % told.cached
    usage += b',"promptTokensDetails":%b' % _details(told.prompt_tokens, told.images)
    if spent.thought:
        usage += b',"thoughtsTokenCount":%d' % spent.thought
    if told.surface.is_vertex:
        usage += b',"trafficType":"ON_DEMAND"'
    return b'"usageMetadata":{%b},"modelVersion":%b,"responseId":"%b"' % (usage, told.model, told.identity)


def _details(prompt_tokens: int, images: int) -> bytes:
    seen = images * TOKENS_PER_IMAGE
    kinds = ((b"TEXT", prompt_tokens - seen), (b"IMAGE", seen))
    return b"[%b]" % b",".join(b'{"modality":"%b","tokenCount":%d}' % (kind, count) for kind, count in kinds if count)


def model_object(name: str, surface: Surface) -> dict[str, object]:
    """Return a model as the models endpoints list it."""
    full = f"{surface.models}/{name}"
    if surface.is_vertex:
        return {"name": full, "versionId": "default", "openSourceCategory": "PROPRIETARY", "launchStage": "GA"}
    return {
        "name": full,
        "version": "001",
        "displayName": name,
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent", "batchEmbedContents"],
    }
