"""OpenAI chat completions, as the gateway must know them."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from services.gateway.domain.chat import Chat
from services.gateway.domain.continued import Said
from services.gateway.domain.dialect import FINISHED, End, Name, StaticAnswer, Told
from services.gateway.domain.dialects.openai_chat.reading import Body, read_chat
from services.gateway.domain.dialects.openai_chat.rest import OpenAIRest
from services.gateway.domain.dialects.openai_chat.static_answer import chunks, whole
from services.gateway.domain.dialects.openai_error import error


class _Choice(msgspec.Struct):
    finish_reason: str | None = None


class _Finished(msgspec.Struct):
    choices: list[_Choice] = []


_decoder = msgspec.json.Decoder(_Finished)


class OpenAIChat:
    """See Dialect."""

    name = Name.OPENAI_CHAT
    operation = "chat"
    reads: type[msgspec.Struct] = Body
    request_id_header = b"x-request-id"
    asides: Sequence[str] = ("stream", "user", "safety_identifier", "prompt_cache_key")
    asides_whole: Sequence[str] = ("stream_options",)
    end = b"data: [DONE]\n\n"

    def read(self, body: bytes) -> Chat:
        """See Dialect."""
        return read_chat(body)

    def event(self, data: bytes) -> bytes:
        """See Dialect."""
        return b"data: " + data + b"\n\n"

    def error(self, told: Told) -> tuple[int, bytes]:
        """See Dialect."""
        return error(told)

    def may_be_kept(self, ends: Iterable[End], *, stream: bool) -> bool:
        """See Dialect. Only the bodies tell of the alternatives."""
        reasons: set[str | None] = set()
        try:
            for data, reason in ends:
                reasons.add(reason)
                if data:
                    reasons.update(choice.finish_reason for choice in _decoder.decode(data).choices)
        except msgspec.MsgspecError:
            return False
        return bool(reasons) and reasons <= (FINISHED | ({None} if stream else set()))

    def rest(self, said: Said, target: str) -> OpenAIRest:
        """See Dialect."""
        return OpenAIRest(said, target)

    def static_whole(self, answer: StaticAnswer) -> bytes:
        """See Dialect."""
        return whole(answer)

    def static_stream(self, answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:
        """See Dialect."""
        return chunks(answer)


OPENAI_CHAT = OpenAIChat()
