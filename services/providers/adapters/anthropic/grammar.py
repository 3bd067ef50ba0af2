"""Anthropic's Messages API as a grammar: of callers, and of vendors."""

import secrets
from collections.abc import Callable

from services.providers.adapters.anthropic.read_events import EventsReader
from services.providers.adapters.anthropic.read_request import read_request
from services.providers.adapters.anthropic.replies import read_reply, write_reply
from services.providers.adapters.anthropic.write_events import EventsWriter
from services.providers.adapters.anthropic.write_request import write_request
from services.providers.application.ports import VendorRequest
from services.providers.domain.conversation import ANY, Conversation
from services.providers.domain.losses import Losses
from services.providers.domain.reply import Reply


def made_id() -> str:
    """An id for a message that its vendor gave none."""
    return f"msg_{secrets.token_hex(12)}"


class AnthropicGrammar:
    """See CallerGrammar and VendorGrammar. `new_id`: makes ids of messages."""

    def __init__(self, new_id: Callable[[], str] = made_id) -> None:
        self._new_id = new_id

    def read_request(self, body: bytes) -> Conversation:
        """See CallerGrammar."""
        return read_request(body)

    def write_answer(self, reply: Reply, conversation: Conversation = ANY) -> bytes:  # noqa: ARG002 - as below
        """See CallerGrammar."""
        return write_reply(reply, "" if reply.id else self._new_id())

    def writer(self, conversation: Conversation) -> EventsWriter:  # noqa: ARG002 - all are answered alike
        """See CallerGrammar."""
        return EventsWriter(self._new_id)

    def write_request(
        self, conversation: Conversation, model: str, *, stream: bool, prefix: str, losses: Losses
    ) -> VendorRequest:
        """See VendorGrammar."""
        return write_request(conversation, model, stream=stream, prefix=prefix, losses=losses)

    def read_answer(self, body: bytes) -> Reply:
        """See VendorGrammar."""
        return read_reply(body)

    def reader(self) -> EventsReader:
        """See VendorGrammar."""
        return EventsReader()
