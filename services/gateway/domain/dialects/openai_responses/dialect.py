"""OpenAI responses, as the gateway must know them: https://developers.openai.com/api/reference (responses)."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from services.gateway.domain.chat import Chat
from services.gateway.domain.continued import Said
from services.gateway.domain.dialect import FINISHED, End, Name, Rest, StaticAnswer, Told
from services.gateway.domain.dialects.openai_chat import OPENAI_CHAT
from services.gateway.domain.dialects.openai_responses.reading import read_chat
from services.gateway.domain.dialects.openai_responses.static_answer import events, whole


class _Event(msgspec.Struct):
    type: str | None = None


class _Error(msgspec.Struct):
    message: str
    code: str | None = None
    param: str | None = None
    sequence_number: int | None = None


class _Failed(msgspec.Struct):
    error: _Error


_decode = msgspec.json.Decoder(_Event).decode
_decode_failed = msgspec.json.Decoder(_Failed).decode
_encode = msgspec.json.Encoder().encode


class OpenAIResponses:
    """See Dialect. No answer that broke off is gone on with: its last event holds all of it once more."""

    name = Name.OPENAI_RESPONSES
    operation = "chat"
    request_id_header = b"x-request-id"
    asides: Sequence[str] = ("stream", "user", "safety_identifier", "prompt_cache_key", "metadata", "store")
    asides_whole: Sequence[str] = ("stream_options",)
    end = b""

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
        """See Dialect. In OpenAI's shape."""
        return OPENAI_CHAT.error(told)

    def may_be_kept(self, ends: Iterable[End], *, stream: bool) -> bool:  # noqa: ARG002 - told alike in both forms
        """See Dialect. There is one alternative, so its finish reason tells all."""
        reasons = {reason for _, reason in ends}
        return bool(reasons) and reasons <= FINISHED

    def rest(self, said: Said, target: str) -> Rest:
        """See Dialect. Chats of this dialect are not continuable, so nobody asks."""
        raise AssertionError(f"{target} was asked to go on with {len(said.parts)} pieces of a response")

    def static_whole(self, answer: StaticAnswer) -> bytes:
        """See Dialect."""
        return whole(answer)

    def static_stream(self, answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:
        """See Dialect."""
        return events(answer)


OPENAI_RESPONSES = OpenAIResponses()


def _error_event(body: bytes) -> bytes:
    """An error's body as a stream's last event: OpenAI's fields of that, and the `error` that its SDKs raise."""
    error = _decode_failed(body).error
    fields = {"code": error.code, "message": error.message, "param": error.param}
    about = _encode({"type": "error", "sequence_number": error.sequence_number or 0, **fields})
    return about[:-1] + b"," + body[1:]
