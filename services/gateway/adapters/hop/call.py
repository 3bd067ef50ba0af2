"""One call on its way over a stream that carries many."""

import asyncio
from asyncio import TimerHandle
from collections import deque
from typing import Protocol

from resilience.errors import Failure, Reason
from seawall.providers.v1 import hop_pb2 as pb
from services.gateway.adapters.hop.wire import read_answer, read_failure, read_frame, read_refusal
from services.gateway.application.ports import Envelope, Frame
from services.gateway.domain.failure import VendorFailure

GRACE = 0.1
"""Seconds beyond the call's time, in which the providers service says itself what happened."""
WINDOW = 256 * 1024
"""Bytes of frames that a call may have waiting here, and a message's more."""


class Carrier(Protocol):
    """What a call is carried by."""

    def cancel(self, number: int) -> None:
        """Nobody waits for the answer any more."""
        ...

    def give_credit(self, number: int, size: int) -> None:
        """So many bytes of frames were taken."""
        ...


class Call:
    """Read frame after frame, then close it, whether it was read to its end or not. For one reader."""

    __slots__ = ("_carrier", "_failure", "_frames", "_loop", "_number", "_over", "_taken", "_timer", "_waiter")

    def __init__(self, carrier: Carrier, number: int, envelope: Envelope, loop: asyncio.AbstractEventLoop) -> None:
        self._carrier = carrier
        self._number = number
        self._loop = loop  # Python 3.11 asks the system for its process each time that it is asked for the loop
        self._frames: deque[Frame] = deque()
        self._failure: Failure | None = None
        self._over = False
        self._taken = 0
        self._waiter: asyncio.Future[None] | None = None
        self._timer: TimerHandle = loop.call_later(envelope.timeout + GRACE, self._too_late)

    async def next(self) -> Frame:
        """The next frame, the last one with `end`. Raises the Failure that came in place of one."""
        if not self._frames:
            if self._failure is None:
                self._waiter = self._loop.create_future()
                try:
                    await self._waiter
                finally:
                    self._waiter = None
            if not self._frames:
                assert self._failure is not None  # noqa: S101 - woken by the one or the other
                raise self._failure
        frame = self._frames.popleft()
        if not self._over:
            self._taken += len(frame.data)
            if self._taken * 2 >= WINDOW:
                self._carrier.give_credit(self._number, self._taken)
                self._taken = 0
        return frame

    def close(self) -> None:
        """Have the vendor's call cancelled, unless it is over."""
        if not self._over:
            self._end()
            self._carrier.cancel(self._number)

    def answered(self, answer: pb.CarriedAnswer) -> bool:
        """Take what was answered; tells whether nothing follows."""
        if answer.HasField("answer"):
            self._frames.append(read_answer(answer.answer))
            self._end()
        elif answer.HasField("failure"):
            self._fail(read_failure(answer.failure))
        elif answer.HasField("refusal"):
            self._fail(read_refusal(answer.refusal))
        else:
            for frame in answer.frames:
                if frame.HasField("failure"):
                    self._fail(read_failure(frame.failure))
                    break
                self._frames.append(read_frame(frame))
                if frame.end:
                    self._end()
                    break
        self._wake()
        return self._over

    def lost(self, failure: Failure) -> None:
        """The stream broke, and the call with it."""
        if not self._over:
            self._fail(failure)
            self._wake()

    def _too_late(self) -> None:
        self._carrier.cancel(self._number)
        self.lost(VendorFailure(Reason.VENDOR_TIMEOUT, "The vendor did not answer in time.", retryable=True))

    def _fail(self, failure: Failure) -> None:
        self._failure = failure
        self._end()

    def _end(self) -> None:
        self._over = True
        self._timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
