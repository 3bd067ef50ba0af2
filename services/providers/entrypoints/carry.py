"""Many calls over one connection: the providers' side of the hop."""

import asyncio
from contextlib import aclosing
from typing import Any

import structlog

from chassis.link import Link
from resilience.errors import Failure, Reason
from seawall.providers.v1 import hop_pb2 as pb
from services.providers.application.call_vendor import CallVendor
from services.providers.application.stream_vendor import StreamVendor
from services.providers.domain.failure import VendorFailure
from services.providers.entrypoints.wire import read_envelope, write_answer, write_failure, write_frames

log = structlog.stdlib.get_logger("hop")

ProvidersLink = Link[pb.FromProviders, pb.FromGateway]


class Carried:
    """The calls of one connection, whose answers go into `link`.

    How much waits to be sent is bounded by the callers: each call under way has one answer, or frames up to its window.
    """

    def __init__(self, call_vendor: CallVendor, stream_vendor: StreamVendor, link: ProvidersLink) -> None:
        self._link = link
        self._call_vendor = call_vendor
        self._stream_vendor = stream_vendor
        self._calls: dict[int, _Call] = {}
        self.loop = asyncio.get_running_loop()
        self.idle = asyncio.Event()
        """Set while no call is under way."""
        self.idle.set()

    def heard(self, message: pb.FromGateway) -> None:
        """Begin, cancel and go on with calls, as the gateway says."""
        for carried in message.calls:
            if carried.number not in self._calls:
                self.idle.clear()
                self._calls[carried.number] = _Call(carried, self)
        for number in message.cancelled:
            call = self._calls.get(number)
            if call is not None:
                call.cancel()
        for credit in message.credits:
            call = self._calls.get(credit.number)
            if call is not None:
                call.credit(credit.bytes)
        if message.ping:
            self._link.message(0)

    def cancel(self) -> None:
        """Nobody waits for any of them any more."""
        for call in tuple(self._calls.values()):
            call.cancel()

    async def answer(self, call: "_Call", carried: pb.CarriedCall) -> None:
        """Do what the call asks and say how it went, unless it is cancelled. Never raises Exception."""
        call.began = True
        number = carried.number
        try:
            envelope = read_envelope(carried.envelope, carried.timeout_ms / 1000)
            if carried.stream:
                await self._stream(call, number, envelope)
            else:
                answer = await self._call_vendor(envelope)
                write_answer(answer, self._answer(number, len(answer.body)).answer)
        except VendorFailure as failure:
            write_failure(failure, self._answer(number, len(failure.body)).failure)
        except Failure as failure:
            write_failure(failure, self._answer(number, 0).refusal)
        except Exception:
            log.exception("a call failed", request_id=carried.envelope.request_id)
            internal = Failure(Reason.INTERNAL, "Something failed inside Seawall; its logs tell what.")
            write_failure(internal, self._answer(number, 0).refusal)
        finally:
            self._flush()
            self.over(number)

    def over(self, number: int) -> None:
        """The call is over, though it may never have begun."""
        del self._calls[number]
        if not self._calls:
            self.idle.set()

    async def _stream(self, call: "_Call", number: int, envelope: Any) -> None:
        stream = self._stream_vendor(envelope)
        async with aclosing(stream.batches()) as batches:
            async for frames in batches:
                size = sum(len(frame.data) for frame in frames)
                await call.room()
                call.spend(size)
                write_frames(frames, self._answer(number, size))
                self._flush()

    def _answer(self, number: int, size: int) -> pb.CarriedAnswer:
        """What is to be written in this turn of the loop, and then flushed."""
        answer = self._link.message(size, flushed=len(self._calls) == 1).answers.add()
        answer.number = number
        return answer

    def _flush(self) -> None:
        """Send what a call said that is alone; where many are under way, others are about to travel with it."""
        if len(self._calls) == 1:
            self._link.flush()


class _Call:
    """One call under way, and how many bytes of its frames may still be sent."""

    __slots__ = ("_calls", "_may_send", "_number", "_room", "_task", "began")

    def __init__(self, carried: pb.CarriedCall, calls: Carried) -> None:
        self._number = carried.number
        self._calls = calls
        self._room = carried.window
        self._may_send: asyncio.Event | None = None
        self.began = False
        """Whether its task has run."""
        self._task = calls.loop.create_task(calls.answer(self, carried))

    def cancel(self) -> None:
        """Close the vendor's connection now, unless the answer is over."""
        self._task.cancel()
        if not self.began:  # it runs no line of its own any more
            self._calls.over(self._number)

    def credit(self, size: int) -> None:
        """So much more may be sent."""
        self._room += size
        if self._may_send is not None and self._room > 0:
            self._may_send.set()

    def spend(self, size: int) -> None:
        """So much was sent; it may be more than there was room for, once."""
        self._room -= size

    async def room(self) -> None:
        """Return once there is room for anything."""
        while self._room <= 0:
            self._may_send = self._may_send or asyncio.Event()
            self._may_send.clear()
            await self._may_send.wait()
