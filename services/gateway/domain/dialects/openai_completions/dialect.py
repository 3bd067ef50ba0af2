"""OpenAI's older completions of a text, as the gateway must know them; their stream is like that of chats."""

from collections.abc import Iterator, Sequence

import msgspec

from services.gateway.domain.chat import Chat, decode_body
from services.gateway.domain.continued import Said
from services.gateway.domain.dialect import Name, StaticAnswer
from services.gateway.domain.dialects.openai_chat.dialect import OpenAIChat
from services.gateway.domain.dialects.openai_completions.rest import TextRest
from services.gateway.domain.dialects.openai_completions.static_answer import chunks, whole


class _Body(msgspec.Struct):
    model: str
    prompt: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    stream: bool | None = None
    suffix: str | None = None
    echo: bool | None = None
    logprobs: int | None = None
    n: int | None = None
    best_of: int | None = None


_decoder = msgspec.json.Decoder(_Body)


class OpenAICompletions(OpenAIChat):
    """See Dialect."""

    name = Name.OPENAI_COMPLETIONS
    operation = "text_completion"
    reads: type[msgspec.Struct] = _Body
    asides: Sequence[str] = ("stream", "user")

    def read(self, body: bytes) -> Chat:
        """See Dialect."""
        read = decode_body(_decoder, body)
        one_text = bytes(read.prompt).startswith(b'"') and (read.n or 1) == 1 and (read.best_of or 1) == 1
        asks_more = read.echo or read.suffix or read.logprobs is not None
        return Chat(read.model, bool(read.stream), body, plain=one_text and not asks_more)

    def rest(self, said: Said, target: str) -> TextRest:
        """See Dialect."""
        return TextRest(said, target)

    def static_whole(self, answer: StaticAnswer) -> bytes:
        """See Dialect."""
        return whole(answer)

    def static_stream(self, answer: StaticAnswer) -> Iterator[tuple[bytes, str, str]]:
        """See Dialect."""
        return chunks(answer)


OPENAI_COMPLETIONS = OpenAICompletions()
