"""A vendor's dialect as callers of another dialect meet it: one translator for every pair."""

from collections.abc import Iterable, Iterator

from msgspec import structs
from msgspec.structs import replace

from resilience.errors import Reason
from services.providers.application.grammar import CallerGrammar, EventReader, EventWriter, VendorGrammar
from services.providers.application.ports import Dialect, Header, Headers, StreamDecoder, VendorRequest
from services.providers.domain.answer import Answer, Frame
from services.providers.domain.conversation import Conversation
from services.providers.domain.envelope import Envelope
from services.providers.domain.losses import Losses
from services.providers.domain.reply import Began, Event, Finished, TextAdded, UsageTold


class TranslatedRequest(VendorRequest, frozen=True, kw_only=True):
    """A request in the vendor's dialect, and the conversation that it says."""

    conversation: Conversation
    model: str
    """Its name at the vendor: what callers are told where the vendor does not tell."""


class Translated:
    """See Dialect. What is sent and received is the `vendor`'s; what is asked and answered, the `caller`'s.

    The vendor's own Dialect says whether an answer is one, so that no fault of a vendor is looked for twice. `own`:
    what of a Conversation's `extra` the vendor's grammar writes as it is.
    """

    def __init__(
        self, caller: CallerGrammar, vendor: VendorGrammar, spoken: Dialect, *, own: frozenset[str] = frozenset()
    ) -> None:
        self._caller = caller
        self._vendor = vendor
        self._spoken = spoken
        self._own = own

    def authenticate(self, secret: str | None, url: str, body: bytes) -> Headers:
        """See Dialect."""
        return self._spoken.authenticate(secret, url, body)

    def request(self, envelope: Envelope, *, stream: bool) -> "TranslatedRequest":
        """See Dialect. Raises Failure(UNSUPPORTED_BY_TARGET) too."""
        conversation = self._caller.read_request(envelope.body)
        losses = Losses(f"{envelope.provider}/{envelope.model}", envelope.unsupported)
        for field in conversation.extra:
            if field not in self._own:
                losses.hint(field)
        for field in conversation.beyond:
            losses.meaning(field)
        written = self._vendor.write_request(
            conversation, envelope.model, stream=stream, prefix=envelope.prefix, losses=losses
        )
        return TranslatedRequest(
            path=written.path,
            body=written.body,
            choices=written.choices,
            usage_hidden=written.usage_hidden,
            dropped=tuple(losses.dropped),
            headers=written.headers,
            seam=written.seam,
            conversation=conversation,
            model=envelope.model,
        )

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:
        """See Dialect."""
        assert isinstance(request, TranslatedRequest), "made by this class"  # noqa: S101
        checked = self._spoken.answer(request, body, vendor_request_id)
        reply = self._vendor.read_answer(body)
        if not reply.model:
            reply = structs.replace(reply, model=request.model)
        written = self._caller.write_answer(reply, request.conversation)
        return Answer(written, checked.finish_reason, checked.usage, checked.vendor_request_id)

    def decoder(self, request: VendorRequest) -> "TranslatedDecoder":
        """See Dialect."""
        assert isinstance(request, TranslatedRequest), "made by this class"  # noqa: S101
        return TranslatedDecoder(
            self._spoken.decoder(request),
            self._vendor.reader(),
            self._caller.writer(request.conversation),
            dropped=request.dropped,
            model=request.model,
        )

    def reason(self, status: int, body: bytes, header: Header) -> Reason:
        """See Dialect."""
        return self._spoken.reason(status, body, header)

    def retry_after(self, body: bytes) -> float | None:
        """See Dialect."""
        return self._spoken.retry_after(body)


class TranslatedDecoder:
    """See StreamDecoder: the vendor's own, each of whose frames is read and written anew; the first has `dropped`."""

    def __init__(
        self,
        decoder: StreamDecoder,
        reader: EventReader,
        writer: EventWriter,
        *,
        dropped: tuple[str, ...],
        model: str,
    ) -> None:
        self._decoder = decoder
        self._reader = reader
        self._writer = writer
        self._dropped = dropped
        self._model = model

    @property
    def complete(self) -> bool:
        """See StreamDecoder."""
        return self._decoder.complete

    @property
    def usage_told(self) -> bool:
        """See StreamDecoder."""
        return self._decoder.usage_told

    @property
    def ended(self) -> bool:
        """See StreamDecoder."""
        return self._decoder.ended

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """See StreamDecoder."""
        return self._noted(self._translated(self._decoder.feed(chunk)))

    def close(self) -> Iterator[Frame]:
        """See StreamDecoder."""
        return self._noted(self._translated(self._decoder.close()))

    def _noted(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            yield replace(frame, dropped=self._dropped) if self._dropped else frame
            self._dropped = ()

    def _translated(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if frame.data:
                for event in self._reader.read(frame.data):
                    yield from self._written(self._named(event))
            elif frame.usage is not None:
                yield from self._written(UsageTold(frame.usage))
            if frame.end:
                for data in self._writer.end():
                    yield Frame(data)
                yield Frame(end=True)

    def _named(self, event: Event) -> Event:
        if isinstance(event, Began) and not event.model:
            return structs.replace(event, model=self._model)
        return event

    def _written(self, event: Event) -> Iterator[Frame]:
        """One event's frames: the first tells the gateway what it is about, even where nothing is written yet."""
        text = event.text if isinstance(event, TextAdded) else ""
        finish_reason = event.finish.reason if isinstance(event, Finished) else ""
        usage = event.usage if isinstance(event, UsageTold) else None
        for data in self._writer.write(event):
            yield Frame(data, text, finish_reason, usage)
            text, finish_reason, usage = "", "", None
        if text or finish_reason or usage is not None:
            yield Frame(b"", text, finish_reason, usage)
