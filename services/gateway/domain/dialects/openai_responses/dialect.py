"""OpenAI responses, as the gateway must know them: https://developers.openai.com/api/reference (responses)."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from services.gateway.domain.chat import Chat
from services.gateway.domain.dialect import FINISHED, End, Name, StaticAnswer, Told
from services.gateway.domain.dialects.openai_error import error
from services.gateway.domain.dialects.openai_responses.reading import Body, read_chat
from services.gateway.domain.dialects.openai_responses.static_answer import events, whole


class _Event(msgspec.Struct):
    type: str | None = None


class _Error(msgspec.Struct):
    message: str
    code: str | None = None
    param: str | None = None


class _Failed(msgspec.Struct):
    error: _Error
    sequence_number: int = 0


_decode_any = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode = msgspec.json.Decoder(_Event).decode
_decode_failed = msgspec.json.Decoder(_Failed).decode
_encode = msgspec.json.Encoder().encode


class OpenAIResponses:
    """See Dialect. No answer that broke off is gone on with: its last event holds all of it once more."""

    name = Name.OPENAI_RESPONSES
    operation = "chat"
    reads: type[msgspec.Struct] = Body
    request_id_header = b"x-request-id"
    asides: Sequence[str] = ("stream", "user", "safety_identifier", "prompt_cache_key", "metadata", "store")
    asides_whole: Sequence[str] = ("stream_options",)
    end = b""
    rest = None

    def read(self, body: bytes) -> Chat:
        """See Dialect."""
        return read_chat(body)

    def event(self, data: bytes) -> bytes:
        """See Dialect. The event's type is its name, too."""
        kind = _decode(data).type
        if kind is None:
            kind, data = "error", _error_event(data)
        return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"

    def error(self, told: Told) -> tuple[int, bytes]:
        """See Dialect. The last event of a stream is numbered like those before it."""
        status, body = error(told)
        if told.events:
            body = _encode({**_decode_any(body), "sequence_number": told.events})
        return status, body

    def may_be_kept(self, ends: Iterable[End], *, stream: bool) -> bool:  # noqa: ARG002 - told alike in both forms
        """See Dialect. There is one alternative, so its finish reason tells all."""
        reasons = {reason for _, reason in ends}
        return bool(reasons) and reasons <= FINISHED

    def static_whole(self, answer: StaticAnswer) -> bytes:
        """See Dialect."""
        return whole(answer)

    def static_stream(self, answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:
        """See Dialect."""
        return events(answer)


OPENAI_RESPONSES = OpenAIResponses()


def _error_event(body: bytes) -> bytes:
    """An error's body as a stream's last event: OpenAI's fields of that, and the `error` that its SDKs raise."""
    failed = _decode_failed(body)
    error = failed.error
    about = {"code": error.code, "message": error.message, "param": error.param}
    return _encode({"type": "error", **about, "sequence_number": failed.sequence_number, **_decode_any(body)})
