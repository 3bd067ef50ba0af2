"""OpenAI's wire format: requests as they are read, and answers, chunks, models and errors as bytes."""

from __future__ import annotations

from typing import Annotated

import msgspec

from simulator.answers import Answer
from simulator.delivery import Rendered
from simulator.faults import Complaint

Limit = Annotated[int, msgspec.Meta(ge=1)]
JSONObject = dict[str, object]
DONE = b"data: [DONE]\n\n"

# Type, code and message of what the vendor says for a status; the others are server errors.
_ERRORS: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "The request could not be understood."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    402: ("insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
    403: ("invalid_request_error", "unsupported_country_region_territory", "This request is not allowed."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests. Please try again later."),
    503: ("server_error", "overloaded", "The engine is currently overloaded, please try again later."),
}
_SERVER_ERROR = ("server_error", None, "The server had an error while processing your request. Sorry about that!")


class Part(msgspec.Struct):
    """A part of a message's content; only text has a length."""

    text: str = ""


class Message(msgspec.Struct):
    """A message of the conversation, as far as the answer depends on it."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """The message's text, its parts joined."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(msgspec.Struct):
    """Options of a streaming request."""

    include_usage: bool | None = None


class ChatRequest(msgspec.Struct):
    """A chat completion request, as far as the answer depends on it; every other field is let through."""

    model: str | None = None
    messages: list[Message] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_completion_tokens: Limit | None = None
    max_tokens: Limit | None = None

    @property
    def limit(self) -> int | None:
        """How many tokens the answer may have at most."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens


def usage(prompt_tokens: int, completion_tokens: int) -> bytes:
    """Render the usage object."""
    return (
        b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,'
        b'"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
        b'"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,'
        b'"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}'
    ) % (prompt_tokens, completion_tokens, prompt_tokens + completion_tokens)


def completion(answer: Answer, *, identity: bytes, created: int, model: bytes) -> Rendered:
    """Render a plain answer; `identity` ends its id, and `model` is a JSON string already."""
    count = len(answer.tokens)
    body = (
        b'{"id":"chatcmpl-%b","object":"chat.completion","created":%d,"model":%b,"choices":[{"index":0,"message":'
        b'{"role":"assistant","content":%b,"refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"%b"}],'
        b'"usage":%b,"service_tier":"default","system_fingerprint":"fp_simulator"}'
    ) % (
        identity, created, model, msgspec.json.encode(answer.text), answer.finish_reason.encode(),
        usage(answer.prompt_tokens, count),
    )  # fmt: skip
    return Rendered(False, (body,), (count,), answer.prompt_tokens)


def chunks(
    answer: Answer, *, identity: bytes, created: int, model: bytes, tokens_per_chunk: int, include_usage: bool
) -> Rendered:
    """Render a streamed answer, `tokens_per_chunk` to a chunk.

    With `include_usage` every chunk has `usage` null, and one more chunk, with no choices, has the request's usage.
    """
    head = (
        b'data: {"id":"chatcmpl-%b","object":"chat.completion.chunk","created":%d,"model":%b,'
        b'"service_tier":"default","system_fingerprint":"fp_simulator","choices":['
    ) % (identity, created, model)
    tail = b'],"usage":null}\n\n' if include_usage else b"]}\n\n"

    def chunk(delta: bytes, finish_reason: bytes) -> bytes:
        return b'%b{"index":0,"delta":%b,"logprobs":null,"finish_reason":%b}%b' % (head, delta, finish_reason, tail)

    count = len(answer.tokens)
    pieces: list[bytes] = []
    given: list[int] = []
    for start in range(0, count, tokens_per_chunk):
        end = min(start + tokens_per_chunk, count)
        text = msgspec.json.encode("".join(answer.tokens[start:end]))
        pieces.append(chunk(b'{"content":%b}' % text, b"null"))
        given.append(end)
    # The role's chunk leaves with the first text, so that no byte of the stream's body precedes the first token.
    pieces[0] = chunk(b'{"role":"assistant","content":"","refusal":null}', b"null") + pieces[0]
    closing = chunk(b"{}", b'"%b"' % answer.finish_reason.encode())
    if include_usage:
        closing += b'%b],"usage":%b}\n\n' % (head, usage(answer.prompt_tokens, count))
    return Rendered(True, tuple(pieces), tuple(given), answer.prompt_tokens, closing + DONE)


def model_object(name: str, owner: str) -> JSONObject:
    """Return a model as the models endpoints list it."""
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": owner}


def error(
    message: str, kind: str = "invalid_request_error", param: str | None = None, code: str | None = None
) -> bytes:
    """Render the body of an error."""
    return msgspec.json.encode({"error": {"message": message, "type": kind, "param": param, "code": code}})


class OpenAIDialect:
    """Renders faults in OpenAI's format."""

    def error_body(self, status: int, error: Complaint) -> bytes:
        """Render an error; what the fault leaves out is what OpenAI says for the status."""
        return _vendor_error(status, error)

    def error_event(self, error: Complaint) -> bytes:
        """Render an error event, as it is seen in the middle of streams."""
        return b"data: %b\n\n" % _vendor_error(500, error)

    def malformed(self, *, stream: bool) -> bytes:
        """Render JSON that breaks off in a string."""
        broken = b'{"id":"chatcmpl-broken","object":"chat.completion","choices":[{"index":0,"mess'
        return b"data: %b\n\n" % broken if stream else broken


def _vendor_error(status: int, fault: Complaint) -> bytes:
    kind, code, message = _ERRORS.get(status, _SERVER_ERROR)
    return error(fault.message or message, fault.type or kind, code=fault.code or code)
