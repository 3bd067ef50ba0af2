"""A connection to one replica of providers, which carries many calls at a time."""

import asyncio

from chassis.grpc.client import MAX_MESSAGE_BYTES
from chassis.link import Link
from resilience.errors import Failure, Reason
from seawall.providers.v1.hop_pb2 import FromGateway, FromProviders
from services.gateway.adapters.hop.call import GRACE, WINDOW, Call
from services.gateway.adapters.hop.dial import OPEN_TIMEOUT, Dial
from services.gateway.adapters.hop.wire import read_refusal, write_envelope
from services.gateway.application.ports import Envelope

MAX_BODY_BYTES = MAX_MESSAGE_BYTES - 256 * 1024
"""The rest of a message is for what is beside the body."""
SILENT_LOOKS = 2
"""So many looks in a row may find that nothing was said, though it was asked for."""


class Stream:
    """Run it once; it has calls while it is `usable`, which it is from when the replica has taken the connection."""

    def __init__(self, address: str, dial: Dial) -> None:
        self._address = address
        self._dial = dial
        self._loop = asyncio.get_running_loop()
        self._calls: dict[int, Call] = {}
        self._last = 0
        self._link = Link(FromGateway, FromProviders, most=MAX_MESSAGE_BYTES, heard=self._heard, lost=self._lost)
        self._opened: asyncio.Future[bool] = self._loop.create_future()
        self._retired = asyncio.Event()
        self._ended = asyncio.Event()
        self._silent = 0
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
        alone = len(self._calls) == 1
        carried = self._link.message(len(envelope.body), flushed=alone).calls.add()
        carried.number = number
        carried.timeout_ms = max(1, round((envelope.timeout + GRACE) * 1000))
        carried.stream = envelope.stream
        carried.window = WINDOW
        write_envelope(envelope, carried.envelope)
        if alone:  # where many are under way, others are about to travel with it
            self._link.flush()
        return call

    def cancel(self, number: int) -> None:
        """See Carrier."""
        if self._calls.pop(number, None) is not None:
            self._link.message(0).cancelled.append(number)
            self._let_go()

    def give_credit(self, number: int, size: int) -> None:
        """See Carrier."""
        credit = self._link.message(0).credits.add()
        credit.number, credit.bytes = number, size

    def look(self) -> None:
        """Ask for a sign of life; one who gave none when asked before is given up, though its kernel may be there."""
        if self._opened.done() and not self._ended.is_set():
            if self._silent >= SILENT_LOOKS:
                self._link.abort("it says nothing any more")
            else:
                self._silent += 1
                self._link.message(0).ping = True

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
        try:
            async with asyncio.timeout(OPEN_TIMEOUT):
                await self._dial(self._address, self._link)
                await asyncio.wait((self._opened,))
            await self._ended.wait()
        except TimeoutError:
            self.ended_by = "it was not answered"
        except OSError as error:
            self.ended_by = str(error)
        except Failure as failure:
            self.ended_by = failure.message
        finally:
            self._link.abort(self.ended_by)
            self._lost(self.ended_by)

    def _heard(self, message: FromProviders) -> None:
        self._silent = 0
        if not self._opened.done():
            self._welcomed(message)
            return
        for answer in message.answers:
            call = self._calls.get(answer.number)  # a late answer to what was cancelled finds none
            if call is not None and call.answered(answer):
                del self._calls[answer.number]
        if message.draining:
            self.retire()
        else:
            self._let_go()

    def _welcomed(self, message: FromProviders) -> None:
        if message.HasField("refusal"):
            self._link.abort(read_refusal(message.refusal).message)
        else:
            self.usable = not self._retired.is_set()
            self._opened.set_result(True)
            self._let_go()

    def _lost(self, cause: str) -> None:
        """Whatever was under way has failed; it may be told more than once."""
        if not self._ended.is_set():
            self.ended_by = cause
            self._ended.set()
            self.usable = False
            self._retired.set()
            if not self._opened.done():
                self._opened.set_result(False)
            calls, self._calls = self._calls, {}
            for call in calls.values():
                call.lost(Failure(Reason.UNAVAILABLE, "The providers service stopped.", retryable=True))

    def _let_go(self) -> None:
        """Close the connection once nothing is under way and nothing more can be begun."""
        if self._retired.is_set() and self._opened.done() and not self._calls:
            self._link.close()
