"""Anthropic's counting of a message's tokens: https://platform.claude.com/docs/en/api/messages/count_tokens."""

from collections.abc import Iterable, Sequence

import msgspec

from services.gateway.domain.chat import Chat
from services.gateway.domain.dialect import End, Name, Told
from services.gateway.domain.dialects.anthropic_messages.errors import error
from services.gateway.domain.dialects.anthropic_messages.reading import Body, read_chat
from services.gateway.domain.dialects.unspoken import Unspoken


class AnthropicCountTokens(Unspoken):
    """See Dialect."""

    name = Name.ANTHROPIC_COUNT_TOKENS
    operation = "count_tokens"
    reads: type[msgspec.Struct] = Body
    request_id_header = b"request-id"
    asides: Sequence[str] = ()

    def read(self, body: bytes) -> Chat:
        """See Dialect. Whoever counts need not be able to answer."""
        return Chat(read_chat(body).model, False, body, plain=False)

    def error(self, told: Told) -> tuple[int, bytes]:
        """See Dialect."""
        return error(told)

    def may_be_kept(self, ends: Iterable[End], *, stream: bool) -> bool:  # noqa: ARG002
        """See Dialect. A count may be an estimate, which is better the next time."""
        return False


def counted(tokens: int) -> bytes:
    """The body that says a count."""
    return b'{"input_tokens":%d}' % tokens


ANTHROPIC_COUNT_TOKENS = AnthropicCountTokens()
