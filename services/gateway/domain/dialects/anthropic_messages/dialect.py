"""Anthropic messages, as the gateway must know them: https://platform.claude.com/docs/en/api/messages."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from services.gateway.domain.chat import Chat
from services.gateway.domain.continued import Said
from services.gateway.domain.dialect import FINISHED, End, Name, StaticAnswer, Told
from services.gateway.domain.dialects.anthropic_messages.errors import error
from services.gateway.domain.dialects.anthropic_messages.reading import Body, read_chat
from services.gateway.domain.dialects.anthropic_messages.rest import AnthropicRest
from services.gateway.domain.dialects.anthropic_messages.static_answer import events, whole


class _Event(msgspec.Struct):
    type: str


_decoder = msgspec.json.Decoder(_Event)


class AnthropicMessages:
    """See Dialect."""

    name = Name.ANTHROPIC_MESSAGES
    operation = "chat"
    reads: type[msgspec.Struct] = Body
    request_id_header = b"request-id"
    asides: Sequence[str] = ("stream", "metadata")
    asides_whole: Sequence[str] = ()
    end = b""

    def read(self, body: bytes) -> Chat:
        """See Dialect."""
        return read_chat(body)

    def event(self, data: bytes) -> bytes:
        """See Dialect. The event's type is its name, too."""
        return b"event: " + _decoder.decode(data).type.encode() + b"\ndata: " + data + b"\n\n"

    def error(self, told: Told) -> tuple[int, bytes]:
        """See Dialect."""
        return error(told)

    def may_be_kept(self, ends: Iterable[End], *, stream: bool) -> bool:  # noqa: ARG002 - told alike in both forms
        """See Dialect. There is one alternative, so its finish reason tells all."""
        reasons = {reason for _, reason in ends}
        return bool(reasons) and reasons <= FINISHED

    def rest(self, said: Said, target: str) -> AnthropicRest:
        """See Dialect."""
        return AnthropicRest(said, target)

    def static_whole(self, answer: StaticAnswer) -> bytes:
        """See Dialect."""
        return whole(answer)

    def static_stream(self, answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:
        """See Dialect."""
        return events(answer)


ANTHROPIC_MESSAGES = AnthropicMessages()
