"""OpenAI's chat completions as a grammar: of callers that speak it, and of vendors that do."""

import uuid
from collections.abc import Callable
from datetime import datetime

from services.providers.adapters.openai.means import OPENAI, Means
from services.providers.adapters.openai.read_answer import read_answer
from services.providers.adapters.openai.read_request import read_request
from services.providers.adapters.openai.stream_reader import ChunkReader
from services.providers.adapters.openai.stream_writer import ChunkWriter
from services.providers.adapters.openai.write_answer import write_answer
from services.providers.adapters.openai.write_request import write_request
from services.providers.application.ports import VendorRequest
from services.providers.domain.conversation import ANY, Conversation
from services.providers.domain.losses import Losses
from services.providers.domain.reply import Reply


def _random() -> str:
    return uuid.uuid4().hex


class OpenAIGrammar:
    """See CallerGrammar and VendorGrammar.

    `now`: a Clock's, for answers that do not tell when they were made. `means`: what the vendor can be told. `fresh`:
    a word never given before, for ids of answers and of calls that have none.
    """

    def __init__(
        self, *, now: Callable[[], datetime], means: Means = OPENAI, fresh: Callable[[], str] = _random
    ) -> None:
        self._now = now
        self._means = means
        self._fresh = fresh

    def read_request(self, body: bytes) -> Conversation:
        """See CallerGrammar."""
        return read_request(body)

    def write_answer(self, reply: Reply, conversation: Conversation = ANY) -> bytes:
        """See CallerGrammar."""
        return write_answer(reply, functions=conversation.functions, now=self._now, fresh=self._fresh)

    def writer(self, conversation: Conversation) -> ChunkWriter:
        """See CallerGrammar."""
        return ChunkWriter(
            usage_wanted=conversation.usage_wanted,
            functions=conversation.functions,
            now=self._now,
            fresh=self._fresh,
        )

    def write_request(
        self, conversation: Conversation, model: str, *, stream: bool, prefix: str, losses: Losses
    ) -> VendorRequest:
        """See VendorGrammar."""
        return write_request(conversation, model, stream=stream, prefix=prefix, means=self._means, losses=losses)

    def read_answer(self, body: bytes) -> Reply:
        """See VendorGrammar."""
        return read_answer(body, fresh=self._fresh)

    def reader(self) -> ChunkReader:
        """See VendorGrammar."""
        return ChunkReader(fresh=self._fresh)
