"""How conversations are read and written in one wire format: what a dialect gives so that it can be translated."""

from collections.abc import Iterable
from typing import Protocol

from services.providers.application.ports import VendorRequest
from services.providers.domain.conversation import Conversation
from services.providers.domain.losses import Losses
from services.providers.domain.reply import Event, Reply


class EventReader(Protocol):
    """Reads the events of one streamed reply."""

    def read(self, data: bytes) -> Iterable[Event]:
        """What one event of the vendor's stream says, given without its framing; nothing where that is nothing new.

        Raises VendorFailure where it cannot be read.
        """
        ...


class EventWriter(Protocol):
    """Writes the events of one streamed reply."""

    def write(self, event: Event) -> Iterable[bytes]:
        """The events of the caller's stream that say it, without their framing; what must wait comes later."""
        ...

    def end(self) -> Iterable[bytes]:
        """What is left to say now that the reply is whole."""
        ...


class CallerGrammar(Protocol):
    """How a dialect's callers ask and are answered. All calls share it: it waits for nothing and keeps nothing of them.

    It may read the time, for answers that are dated.
    """

    def read_request(self, body: bytes) -> Conversation:
        """What is asked. Raises Failure(INVALID_REQUEST), whose detail names the field."""
        ...

    def write_answer(self, reply: Reply, conversation: Conversation = ...) -> bytes:
        """The body of a whole answer to `conversation`; to any, where that is left out."""
        ...

    def writer(self, conversation: Conversation) -> EventWriter:
        """Writes the streamed reply to `conversation`."""
        ...


class VendorGrammar(Protocol):
    """How a vendor of a dialect is asked and answers. All calls share it: it waits for nothing, and keeps nothing."""

    def write_request(
        self, conversation: Conversation, model: str, *, stream: bool, prefix: str, losses: Losses
    ) -> VendorRequest:
        """The request for `model`, to go on after `prefix`. What it cannot say is told to `losses`, which may raise."""
        ...

    def read_answer(self, body: bytes) -> Reply:
        """A whole answer that the vendor's Dialect has found to be one. Raises VendorFailure."""
        ...

    def reader(self) -> EventReader:
        """Reads one streamed reply."""
        ...
