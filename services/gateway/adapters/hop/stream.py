"""A stream to one replica of providers, which carries many calls at a time."""

import asyncio
from typing import Any

import grpc

from chassis.grpc.client import MAX_MESSAGE_BYTES, Peer
from chassis.grpc.outbox import Outbox
from chassis.grpc.status import from_error
from resilience.errors import Failure, Reason
from seawall.providers.v1 import provider_pb2 as pb
from seawall.providers.v1.provider_pb2_grpc import ProviderServiceStub
from services.gateway.adapters.hop.call import GRACE, WINDOW, Call
from services.gateway.adapters.hop.wire import write_envelope
from services.gateway.application.ports import Envelope

OPEN_TIMEOUT = 3.0
"""Seconds for a replica to take a new stream."""
MAX_BODY_BYTES = MAX_MESSAGE_BYTES - 256 * 1024
"""The rest of a message is for what is beside the body."""


class Stream:
    """Run it once; it has calls while it is `usable`.

    When little is to be said nothing waits, and when much is, one message carries it; see Outbox.
    """

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._loop = asyncio.get_running_loop()
        self._calls: dict[int, Call] = {}
        self._last = 0
        self._outbox = Outbox(pb.CarryRequest)
        self._opened: asyncio.Future[bool] = self._loop.create_future()
        self._retired = asyncio.Event()
        self.usable = False
        """Whether calls may be begun: it is open, and the replica takes them."""
        self.ended_by = "it was closed"
        """Why it ended, once it has."""

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return len(self._calls)

    def call(self, envelope: Envelope) -> Call:
        """Begin a call. The stream must be usable. Raises Failure(REQUEST_TOO_LARGE): others travel with it."""
        if len(envelope.body) + len(envelope.prefix) > MAX_BODY_BYTES:
            raise Failure(Reason.REQUEST_TOO_LARGE, f"The body is over the {MAX_BODY_BYTES} bytes that providers take.")
        self._last = number = self._last + 1
        call = self._calls[number] = Call(self, number, envelope, self._loop)
        carried = self._outbox.message(len(envelope.body)).calls.add()
        carried.number = number
        carried.timeout_ms = max(1, round((envelope.timeout + GRACE) * 1000))
        carried.stream = envelope.stream
        carried.window = WINDOW
        write_envelope(envelope, carried.envelope)
        return call

    def cancel(self, number: int) -> None:
        """See Carrier."""
        if self._calls.pop(number, None) is not None:
            self._outbox.message(0).cancelled.append(number)
            self._let_go()

    def give_credit(self, number: int, size: int) -> None:
        """See Carrier."""
        credit = self._outbox.message(0).credits.add()
        credit.number, credit.bytes = number, size

    async def opened(self) -> bool:
        """Whether it became usable; False where it ended before that."""
        return await self._opened

    async def retired(self) -> None:
        """Return when no more calls can be begun, though some may be under way."""
        await self._retired.wait()

    def retire(self) -> None:
        """Begin no more calls; it ends with the last one."""
        self.usable = False
        self._retired.set()
        self._let_go()

    async def run(self) -> None:
        """Open it, carry calls, and return when it has ended; never raises what ended it."""
        carry: Any = ProviderServiceStub(self._peer.channel).Carry(metadata=self._peer.metadata())
        writing: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                await carry.initial_metadata()
            if carry.done():
                await carry.read()  # raises why
            self.usable = not self._retired.is_set()
            self._opened.set_result(True)
            writing = asyncio.create_task(self._write(carry), name="hop writer")
            while (message := await carry.read()) is not grpc.aio.EOF:
                self._read(message)
        except grpc.aio.AioRpcError as error:
            self.ended_by = from_error(error).message
        except TimeoutError:
            self.ended_by = "it was not answered"
        finally:
            self.retire()
            if not self._opened.done():
                self._opened.set_result(False)
            carry.cancel()
            if writing is not None:
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)
            calls, self._calls = self._calls, {}
            for call in calls.values():
                call.lost(Failure(Reason.UNAVAILABLE, "The providers service stopped.", retryable=True))
            await self._peer.__aexit__(None, None, None)

    def _read(self, message: pb.CarryResponse) -> None:
        for answer in message.answers:
            call = self._calls.get(answer.number)  # a late answer to what was cancelled finds none
            if call is not None and call.answered(answer):
                del self._calls[answer.number]
        if message.draining:
            self.retire()
        else:
            self._let_go()

    async def _write(self, carry: Any) -> None:
        try:
            await self._outbox.send(carry.write)
            await carry.done_writing()
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            return  # the reader is told why

    def _let_go(self) -> None:
        """Have our side closed once nothing is under way and nothing more can be begun."""
        if self._retired.is_set() and not self._calls:
            self._outbox.close()
