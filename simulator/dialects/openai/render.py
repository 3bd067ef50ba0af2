"""OpenAI's answers, chunks and models as bytes."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from simulator.answers import Answer
from simulator.delivery import Rendered

JSONObject = dict[str, object]
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Heading:
    """What every part of one response says of it: `identity` ends its ids, `model` is a JSON string already."""

    identity: bytes
    created: int
    model: bytes


def usage(prompt_tokens: int, completion_tokens: int) -> bytes:
    """Render the usage object."""
    return (
        b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,'
        b'"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
        b'"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,'
        b'"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}'
    ) % (prompt_tokens, completion_tokens, prompt_tokens + completion_tokens)


def completion(answer: Answer, heading: Heading) -> Rendered:
    """Render a plain answer."""
    count = len(answer.tokens)
    text = msgspec.json.encode(answer.text)
    said = b"null" if answer.function else text
    calls = b',"tool_calls":[%b]' % _call(answer, heading, text) if answer.function else b""
    body = (
        b'{"id":"chatcmpl-%b","object":"chat.completion","created":%d,"model":%b,"choices":[{"index":0,"message":'
        b'{"role":"assistant","content":%b,"refusal":null,"annotations":[]%b},"logprobs":null,"finish_reason":"%b"}],'
        b'"usage":%b,"service_tier":"default","system_fingerprint":"fp_simulator"}'
    ) % (
        heading.identity, heading.created, heading.model, said, calls, answer.finish_reason.encode(),
        usage(answer.prompt_tokens, count),
    )  # fmt: skip
    return Rendered(False, (body,), (count,), answer.prompt_tokens)


def chunks(answer: Answer, heading: Heading, *, tokens_per_chunk: int, include_usage: bool) -> Rendered:
    """Render a streamed answer, `tokens_per_chunk` to a chunk; one chunk of no text where the answer has none.

    With `include_usage` every chunk has `usage` null, and one more chunk, with no choices, has the request's usage.
    """
    head = (
        b'data: {"id":"chatcmpl-%b","object":"chat.completion.chunk","created":%d,"model":%b,'
        b'"service_tier":"default","system_fingerprint":"fp_simulator","choices":['
    ) % (heading.identity, heading.created, heading.model)
    tail = b'],"usage":null}\n\n' if include_usage else b"]}\n\n"

    def chunk(delta: bytes, finish_reason: bytes = b"null") -> bytes:
        return b'%b{"index":0,"delta":%b,"logprobs":null,"finish_reason":%b}%b' % (head, delta, finish_reason, tail)

    count = len(answer.tokens)
    delta = b'{"tool_calls":[{"index":0,"function":{"arguments":%b}}]}' if answer.function else b'{"content":%b}'
    ends = [min(start + tokens_per_chunk, count) for start in range(0, count, tokens_per_chunk)]
    texts = ["".join(answer.tokens[begin:end]) for begin, end in zip([0, *ends], ends, strict=False)]
    pieces = [chunk(delta % msgspec.json.encode(text)) for text in texts]
    # The role's chunk leaves with the first text, so that no byte of the stream's body precedes the first token.
    role = chunk(_role(answer, heading))
    return Rendered(
        stream=True,
        pieces=(role + pieces[0], *pieces[1:]) if pieces else (role,),
        tokens=tuple(ends) or (0,),
        prompt_tokens=answer.prompt_tokens,
        finish=chunk(b"{}", b'"%b"' % answer.finish_reason.encode()),
        usage=b'%b],"usage":%b}\n\n' % (head, usage(answer.prompt_tokens, count)) if include_usage else b"",
        done=DONE,
    )


def _role(answer: Answer, heading: Heading) -> bytes:
    if not answer.function:
        return b'{"role":"assistant","content":"","refusal":null}'
    return b'{"role":"assistant","content":null,"tool_calls":[{"index":0,%b]}' % _call(answer, heading, b'""')[1:]


def _call(answer: Answer, heading: Heading, arguments: bytes) -> bytes:
    function = b'{"name":%b,"arguments":%b}' % (msgspec.json.encode(answer.function), arguments)
    return b'{"id":"call_%b","type":"function","function":%b}' % (heading.identity, function)


def model_object(name: str, owner: str) -> JSONObject:
    """Return a model as the models endpoints list it."""
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": owner}
