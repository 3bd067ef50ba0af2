"""What LiteLLM embeds for callers of OpenAI's dialect, whatever its vendor embeds by."""

from collections.abc import Sequence

import msgspec

from services.providers.adapters.foreign_embeddings import Asked, ForeignEmbeddings
from services.providers.adapters.openai.answers import read_success
from services.providers.adapters.openai.embeddings import PATH
from services.providers.adapters.openai.wire import UsageObject
from services.providers.domain.answer import Usage


class _Vector(msgspec.Struct, gc=False):
    embedding: msgspec.Raw


class _Embedded(msgspec.Struct, gc=False):
    data: list[_Vector]
    usage: UsageObject | None = None
    error: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(_Embedded)


class LiteLLMEmbeddings(ForeignEmbeddings):
    """See Dialect."""

    def written(self, asked: Asked) -> tuple[str, dict[str, object]]:
        """See ForeignEmbeddings. Vectors are asked for as numbers: not all of its vendors pack them."""
        body: dict[str, object] = {"model": asked.model, "input": asked.texts}
        return PATH, body if asked.dimensions is None else {**body, "dimensions": asked.dimensions}

    def read(self, body: bytes, asked: Asked) -> tuple[Sequence[msgspec.Raw], Usage | None]:  # noqa: ARG002
        """See ForeignEmbeddings."""
        said = read_success(_decoder, body)
        told = said.usage
        usage = None if told is None else Usage(told.prompt_tokens or told.total_tokens or 0)
        return [one.embedding for one in said.data], usage
