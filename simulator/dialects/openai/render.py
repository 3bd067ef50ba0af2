"""OpenAI's answers, chunks and models as bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import msgspec

from simulator.answers import Answer, Block
from simulator.delivery import Rendered

JSONObject = dict[str, object]
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Screening:
    """What a vendor says, in JSON, that screens content: of the `prompt`, of text that `passed`, or is `stopped`."""

    prompt: bytes
    passed: bytes
    stopped: bytes

    @property
    def event(self) -> bytes:
        """The event before all others of a stream."""
        return b'data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":%b}\n\n' % (
            self.prompt
        )


@dataclass(frozen=True, slots=True)
class Heading:
    """What every part of one response says of it: `identity` ends its ids, `model` is a JSON string already."""

    identity: bytes
    created: int
    model: bytes
    screening: Screening | None = None

    @property
    def first(self) -> bytes:
        """What a stream begins with."""
        return b"" if self.screening is None else self.screening.event

    @property
    def screened_prompt(self) -> bytes:
        """A field of a plain answer."""
        return b"" if self.screening is None else b',"prompt_filter_results":%b' % self.screening.prompt

    def screened(self, finish_reason: str = "", *, said: bool = True) -> bytes:
        """Return a field of a choice, which ended for that reason; `said` is whether there is text in it."""
        if self.screening is None:
            return b""
        results = self.screening.passed if said else b"{}"
        if finish_reason == "content_filter":
            results = self.screening.stopped
        return b',"content_filter_results":%b' % results


def usage(prompt_tokens: int, completion_tokens: int) -> bytes:
    """Render the usage object."""
    return (
        b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,'
        b'"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
        b'"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,'
        b'"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}'
    ) % (prompt_tokens, completion_tokens, prompt_tokens + completion_tokens)


def completion(answers: Sequence[Answer], heading: Heading) -> Rendered:
    """Render a plain answer, or several to one question."""
    count = sum(len(answer.tokens) for answer in answers)
    choices = b",".join(_choice(index, answer, heading) for index, answer in enumerate(answers))
    body = (
        b'{"id":"chatcmpl-%b","object":"chat.completion","created":%d,"model":%b,"choices":[%b],'
        b'"usage":%b,"service_tier":"default","system_fingerprint":"fp_simulator"%b}'
    ) % (
        heading.identity, heading.created, heading.model, choices, usage(answers[0].prompt_tokens, count),
        heading.screened_prompt,
    )  # fmt: skip
    return Rendered(False, (body,), (count,), answers[0].prompt_tokens)


def _choice(index: int, answer: Answer, heading: Heading) -> bytes:
    calls = [
        _call(block, heading, index, number, msgspec.json.encode(block.text))
        for number, block in enumerate(block for block in answer.blocks if block.kind == "call")
    ]
    said = b"null" if calls else msgspec.json.encode(answer.text)
    called = b',"tool_calls":[%b]' % b",".join(calls) if calls else b""
    return (
        b'{"index":%d,"message":{"role":"assistant","content":%b,"refusal":null,"annotations":[]%b},'
        b'"logprobs":null,"finish_reason":"%b"%b}'
    ) % (index, said, called, answer.finish_reason.encode(), heading.screened(answer.finish_reason))


def chunks(answers: Sequence[Answer], heading: Heading, *, tokens_per_chunk: int, include_usage: bool) -> Rendered:
    """Render a streamed answer, `tokens_per_chunk` to a chunk; one chunk of no text where the answer has none.

    Several answers to one question take turns. With `include_usage` every chunk has `usage` null, and one more chunk,
    with no choices, has the request's usage.
    """
    head = (
        b'data: {"id":"chatcmpl-%b","object":"chat.completion.chunk","created":%d,"model":%b,'
        b'"service_tier":"default","system_fingerprint":"fp_simulator","choices":['
    ) % (heading.identity, heading.created, heading.model)
    tail = b'],"usage":null}\n\n' if include_usage else b"]}\n\n"
    streams = [_Choice(index, answer, heading, head, tail) for index, answer in enumerate(answers)]
    pieces: list[bytes] = []
    tokens: list[int] = []
    given = 0
    opening = heading.first
    for turn in zip_longest(*(stream.pieces(tokens_per_chunk) for stream in streams)):
        for piece, count in filter(None, turn):
            given += count
            pieces.append(opening + piece)
            tokens.append(given)
            opening = b""
    spent = b'%b],"usage":%b}\n\n' % (head, usage(answers[0].prompt_tokens, given)) if include_usage else b""
    finish = b"".join(stream.finish for stream in streams)
    return Rendered(True, tuple(pieces), tuple(tokens), answers[0].prompt_tokens, finish + spent, spent, DONE)


class _Choice:
    """The chunks of one answer."""

    def __init__(self, index: int, answer: Answer, heading: Heading, head: bytes, tail: bytes) -> None:
        self._index = index
        self._answer = answer
        self._heading = heading
        self._start = b'%b{"index":%d,"delta":' % (head, index)
        self._tail = tail

    @property
    def finish(self) -> bytes:
        """The chunk with the finish reason."""
        reason = self._answer.finish_reason
        return self._chunk(b"{}", b'"%b"' % reason.encode(), self._heading.screened(reason, said=False))

    def pieces(self, tokens_per_chunk: int) -> Iterator[tuple[bytes, int]]:
        """Give each chunk of text, and how many tokens are in it."""
        # The role's chunk leaves with the first text, so that no byte of the stream's body precedes the first token.
        opening = self._role()
        for number, block in enumerate(self._answer.blocks):
            delta = b'{"content":%b}'
            if block.kind == "call":
                delta = b'{"tool_calls":[{"index":%d,"function":{"arguments":%%b}}]}' % number
                if number:
                    opening += self._chunk(b'{"tool_calls":[%b]}' % self._called(number))
            for start in range(0, len(block.tokens), tokens_per_chunk):
                part = block.tokens[start : start + tokens_per_chunk]
                said = delta % msgspec.json.encode("".join(part))
                yield opening + self._chunk(said, screened=self._heading.screened()), len(part)
                opening = b""
        if opening:
            yield opening, 0

    def _chunk(self, delta: bytes, finish_reason: bytes = b"null", screened: bytes | None = None) -> bytes:
        more = self._heading.screened(said=False) if screened is None else screened
        return b'%b%b,"logprobs":null,"finish_reason":%b%b}%b' % (self._start, delta, finish_reason, more, self._tail)

    def _role(self) -> bytes:
        if self._answer.blocks[0].kind != "call":
            return self._chunk(b'{"role":"assistant","content":"","refusal":null}')
        return self._chunk(b'{"role":"assistant","content":null,"tool_calls":[%b]}' % self._called(0))

    def _called(self, number: int) -> bytes:
        call = _call(self._answer.blocks[number], self._heading, self._index, number, b'""')
        return b'{"index":%d,%b' % (number, call[1:])


def _call(block: Block, heading: Heading, choice: int, number: int, arguments: bytes) -> bytes:
    function = b'{"name":%b,"arguments":%b}' % (msgspec.json.encode(block.function), arguments)
    which = b"_%d_%d" % (choice, number) if choice or number else b""
    return b'{"id":"call_%b%b","type":"function","function":%b}' % (heading.identity, which, function)


def model_object(name: str, owner: str) -> JSONObject:
    """Return a model as the models endpoints list it."""
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": owner}
