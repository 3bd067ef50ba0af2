"""OpenAI's responses as the grammar of callers that ask for them."""

import uuid
from collections.abc import Callable
from datetime import datetime

from services.providers.adapters.openai.responses.read_request import read_request
from services.providers.adapters.openai.responses.write_answer import write_answer
from services.providers.adapters.openai.responses.writer import ResponseWriter
from services.providers.domain.conversation import ANY, Conversation
from services.providers.domain.reply import Reply


def _random() -> str:
    return uuid.uuid4().hex


class ResponsesGrammar:
    """See CallerGrammar.

    What a response repeats of its request, and what it is told of responses before it, is the gateway's to say and to
    find. `now`: a Clock's. `fresh`: a word never given before, for ids.
    """

    def __init__(self, *, now: Callable[[], datetime], fresh: Callable[[], str] = _random) -> None:
        self._now = now
        self._fresh = fresh

    def read_request(self, body: bytes) -> Conversation:
        """See CallerGrammar."""
        return read_request(body)

    def write_answer(self, reply: Reply, conversation: Conversation = ANY) -> bytes:  # noqa: ARG002 - as below
        """See CallerGrammar."""
        return write_answer(reply, now=self._now, fresh=self._fresh)

    def writer(self, conversation: Conversation) -> ResponseWriter:  # noqa: ARG002 - all are streamed alike
        """See CallerGrammar."""
        return ResponseWriter(now=self._now, fresh=self._fresh)
