"""How an answer leaves a simulated vendor: at the behaviour's pace, and through the fault that the call meets.

It knows pieces of bytes, not their format: a dialect renders the answer and its errors.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Protocol, assert_never

from simulator.behaviour import Behaviour
from simulator.faults import (
    Complaint,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Fault,
    Hang,
    Malformed,
    Refusal,
    Reset,
    SlowFirstToken,
    Stall,
)
from simulator.latency import Latency
from simulator.listener import TRANSPORT, Receive, Scope, Send, reset
from simulator.recorder import Call

Headers = list[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")
EVENT_STREAM = (b"content-type", b"text/event-stream; charset=utf-8")
# How long a connection being closed may take to send what it holds to a caller that does not read.
FLUSH_SECONDS = 5.0


class ClientLeftError(Exception):
    """The caller closed its connection before the answer was over."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """An answer in bytes: pieces that carry text, then `closing`. A plain answer is one piece.

    `tokens[i]` is the number of the answer's tokens given by the pieces up to and including the i-th.
    """

    stream: bool
    pieces: tuple[bytes, ...]
    tokens: tuple[int, ...]
    prompt_tokens: int
    closing: bytes = b""


class Dialect(Protocol):
    """Renders what a fault needs in one wire format; pure."""

    def error_body(self, status: int, error: Complaint) -> bytes:
        """Return an error as the body of a response."""

    def error_event(self, error: Complaint) -> bytes:
        """Return an error as an event of a stream."""

    def malformed(self, *, stream: bool) -> bytes:
        """Return a broken event of a stream, or a broken body."""


class Delivery:
    """Sends one response and notes in `call` what was sent."""

    __slots__ = ("_behaviour", "_call", "_dialect", "_headers", "_receive", "_rng", "_send", "_transport")

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, *,
        call: Call, headers: Headers, behaviour: Behaviour, rng: Random, dialect: Dialect,
    ) -> None:  # fmt: skip
        self._transport: asyncio.Transport = scope["extensions"][TRANSPORT]
        self._receive = receive
        self._send = send
        self._call = call
        self._headers = headers
        self._behaviour = behaviour
        self._rng = rng
        self._dialect = dialect

    async def deliver(self, answer: Rendered, fault: Fault | None) -> None:
        """Send `answer`, as far as `fault` lets it through; raises ClientLeftError when the caller leaves before."""
        await self._pause(self._behaviour.first_byte)
        if isinstance(fault, Refusal):
            await self._refuse(fault)
            return
        if fault is None or isinstance(fault, SlowFirstToken):
            await self._start_answer(answer)
            if fault is not None:
                await self._pause(fault.delay)
            await self._send_rest(answer, 0)
        else:
            await self._spoil(answer, fault)

    async def _refuse(self, fault: Refusal) -> None:
        match fault:
            case ErrorStatus():
                extra = [] if fault.retry_after is None else _retry_after(fault.retry_after)
                await self._whole(fault.status, self._dialect.error_body(fault.status, fault), extra)
            case ErrorBody():
                await self._whole(200, self._dialect.error_body(500, fault))
            case Reset():
                reset(self._transport)
                await self._wait_until_gone(FLUSH_SECONDS)
            case Hang():
                await self._silence()
            case _:
                assert_never(fault)

    async def _spoil(self, answer: Rendered, fault: Cut | Stall | ErrorEvent | Malformed) -> None:
        match fault:
            case Cut():
                await self._cut(answer, fault)
            case Stall():
                await self._start_answer(answer)
                await self._send_part(answer, fault.after_chunks)
                await self._silence()
            case ErrorEvent():
                await self._start_answer(answer)
                await self._send_pieces(answer, 0, fault.after_chunks)
                await self._end(self._dialect.error_event(fault))
            case Malformed():
                await self._malformed(answer, fault)
            case _:
                assert_never(fault)

    async def _cut(self, answer: Rendered, fault: Cut) -> None:
        if fault.how == "closed":
            await self._start_answer(answer)
            await self._send_part(answer, fault.after_chunks)
            self._transport.close()
            if not await self._wait_until_gone(FLUSH_SECONDS):
                self._transport.abort()
                await self._wait_until_gone(FLUSH_SECONDS)
        elif answer.stream:
            await self._start_answer(answer)
            await self._send_pieces(answer, 0, fault.after_chunks)
            await self._end(b"")
        else:
            self._call.prompt_tokens = answer.prompt_tokens
            await self._whole(200, _half(answer))

    async def _malformed(self, answer: Rendered, fault: Malformed) -> None:
        broken = self._dialect.malformed(stream=answer.stream)
        if not answer.stream:
            await self._whole(200, broken)
            return
        await self._start_answer(answer)
        await self._send_pieces(answer, 0, fault.after_chunks)
        await self._write(broken)
        await self._send_rest(answer, fault.after_chunks)

    async def _whole(self, status: int, body: bytes, extra: Headers | None = None) -> None:
        await self._start(status, [JSON, (b"content-length", b"%d" % len(body)), *(extra or ())])
        await self._end(body)

    async def _start_answer(self, answer: Rendered) -> None:
        shape = [EVENT_STREAM] if answer.stream else [JSON, (b"content-length", b"%d" % len(answer.pieces[0]))]
        await self._start(200, shape)
        self._call.prompt_tokens = answer.prompt_tokens

    async def _start(self, status: int, headers: Headers) -> None:
        self._check_caller()
        self._call.status = status
        await self._send({"type": "http.response.start", "status": status, "headers": headers + self._headers})

    async def _send_pieces(self, answer: Rendered, begin: int, end: int) -> None:
        for index in range(begin, min(end, len(answer.pieces))):
            if index:
                await self._pause(self._behaviour.between_chunks)
            await self._write(answer.pieces[index])
            self._note_given(answer, index)

    async def _send_rest(self, answer: Rendered, begin: int) -> None:
        if answer.stream:
            await self._send_pieces(answer, begin, len(answer.pieces))
            await self._end(answer.closing)
        else:
            # In one message: a caller that has the whole body may leave, and has then not left too early.
            await self._end(answer.pieces[0])
            self._note_given(answer, 0)

    def _note_given(self, answer: Rendered, index: int) -> None:
        self._call.chunks = index + 1
        self._call.completion_tokens = answer.tokens[index]

    async def _send_part(self, answer: Rendered, chunks: int) -> None:
        if answer.stream:
            await self._send_pieces(answer, 0, chunks)
        else:
            await self._write(_half(answer))

    async def _write(self, data: bytes) -> None:
        self._check_caller()
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def _end(self, data: bytes) -> None:
        self._check_caller()
        await self._send({"type": "http.response.body", "body": data})

    def _check_caller(self) -> None:
        if self._transport.is_closing():
            raise ClientLeftError

    async def _pause(self, latency: Latency) -> None:
        seconds = latency.draw(self._rng)
        if seconds and await self._wait_until_gone(seconds):
            raise ClientLeftError

    async def _silence(self) -> None:
        await self._wait_until_gone(None)
        raise ClientLeftError

    async def _wait_until_gone(self, seconds: float | None) -> bool:
        """Wait for the connection to end, at most so long; say whether it did."""
        try:
            async with asyncio.timeout(seconds):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True


def _half(answer: Rendered) -> bytes:
    body = answer.pieces[0]
    return body[: len(body) // 2]


def _retry_after(seconds: float) -> Headers:
    # The header is in whole seconds; OpenAI tells finer waits in a header of its own beside it.
    headers = [(b"retry-after", b"%d" % -(-seconds // 1))]
    if seconds % 1:
        headers.append((b"retry-after-ms", b"%d" % (seconds * 1000)))
    return headers
