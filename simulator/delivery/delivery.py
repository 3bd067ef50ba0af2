"""How an answer leaves a simulated vendor: at the behaviour's pace, and through the fault that the call meets.

It knows pieces of bytes, not their format: a dialect renders the answer and its errors.
"""

from __future__ import annotations

from typing import assert_never

from simulator.delivery.rendered import Dialect, Rendered
from simulator.delivery.response import JSON, Header, Headers, Response
from simulator.faults import (
    Complaint,
    ContentFilter,
    ContextLength,
    Cut,
    Damage,
    Ending,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Fault,
    Filtered,
    GarbageEvent,
    Hang,
    HugeBody,
    InvalidUtf8,
    Malformed,
    NoDone,
    NoFinish,
    Refusal,
    RefusesPrefill,
    Reset,
    SlowFirstToken,
    Stall,
)
from simulator.latency import Latency
from simulator.recorder import Call

HTML = (b"content-type", b"text/html; charset=utf-8")
WEB_PAGE = b"<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head><body><h1>Checking</h1></body></html>\n"
# A byte that begins nothing, one that promises another and does not have it, and one that only continues.
BROKEN_UTF8 = b"\xff\xc3(\xa0"


class Delivery:
    """Sends one answer in `response` and notes in `call` what was sent."""

    __slots__ = ("_between_chunks", "_call", "_dialect", "_response")

    def __init__(self, response: Response, call: Call, dialect: Dialect, between_chunks: Latency) -> None:
        self._response = response
        self._call = call
        self._dialect = dialect
        self._between_chunks = between_chunks

    async def deliver(self, answer: Rendered, fault: Fault | None) -> None:
        """Send `answer`, as far as `fault` lets it through; raises ClientLeftError when the caller leaves before."""
        if fault is None:
            await self._whole_answer(answer)
        elif isinstance(fault, Refusal):
            await self._refuse(answer, fault)
        elif isinstance(fault, Damage):
            await self._spoil(answer, fault)
        else:
            await self._end_badly(answer, fault)

    async def _refuse(self, answer: Rendered, fault: Refusal) -> None:
        match fault:
            case ErrorStatus():
                extra = [] if fault.retry_after is None else self._dialect.retry_after(fault.retry_after)
                await self._refused(fault.status, fault, extra)
            case ContentFilter() if answer.blocked:
                await self._whole_answer(answer.kept_back)
            case ContentFilter():
                await self._refused(self._dialect.filter_status, fault, [])
            case ContextLength() | RefusesPrefill():
                await self._refused(400, fault, [])
            case ErrorBody():
                await self._whole(200, self._dialect.error_body(500, fault))
            case Reset():
                await self._response.reset()
            case Hang():
                await self._response.silence()
            case _:
                assert_never(fault)

    async def _refused(self, status: int, error: Complaint, extra: Headers) -> None:
        headers = [*self._dialect.error_headers(status, error), *extra]
        await self._whole(status, self._dialect.error_body(status, error), headers)

    async def _spoil(self, answer: Rendered, fault: Damage) -> None:
        match fault:
            case SlowFirstToken():
                await self._late(answer, fault)
            case Malformed():
                await self._replaced(answer, fault.after_chunks, self._dialect.malformed(stream=answer.stream))
            case InvalidUtf8():
                await self._widened(answer, fault.after_chunks, BROKEN_UTF8)
            case HugeBody():
                await self._widened(answer, fault.after_chunks, b"x" * fault.bytes)
            case GarbageEvent():
                await self._garbage(answer, fault)
            case Filtered():
                # The answer has been composed so: it is short and says why.
                await self._whole_answer(answer)
            case _:
                assert_never(fault)

    async def _end_badly(self, answer: Rendered, fault: Ending) -> None:
        match fault:
            case Cut():
                await self._cut(answer, fault)
            case Stall():
                await self._send_part(answer, fault.after_chunks)
                await self._response.silence()
            case ErrorEvent():
                await self._send_part(answer, fault.after_chunks)
                await self._response.end(self._dialect.error_event(fault))
            case NoDone():
                await self._send_part(answer, len(answer.pieces))
                await self._leave_open(answer.finish, fault)
            case NoFinish():
                await self._send_part(answer, len(answer.pieces))
                await self._response.end(answer.unfinished + answer.done)
            case _:
                assert_never(fault)

    async def _whole_answer(self, answer: Rendered) -> None:
        if answer.stream:
            await self._start_stream(answer)
            await self._send_rest(answer, 0)
        else:
            body = await self._start_plain(answer)
            # In one message: a caller that has the whole body may leave, and has then not left too early.
            await self._response.end(body)
            self._note_given(answer, 0)

    async def _late(self, answer: Rendered, fault: SlowFirstToken) -> None:
        if answer.stream:
            await self._start_stream(answer)
            await self._response.pause(fault.delay)
            await self._send_rest(answer, 0)
        else:
            body = await self._start_plain(answer)
            await self._response.pause(fault.delay)
            await self._response.end(body)
            self._note_given(answer, 0)

    async def _cut(self, answer: Rendered, fault: Cut) -> None:
        if fault.how == "closed":
            await self._send_part(answer, fault.after_chunks)
            await self._response.close()
        elif answer.stream:
            await self._send_part(answer, fault.after_chunks)
            await self._response.end(b"")
        else:
            self._call.prompt_tokens = answer.prompt_tokens
            await self._whole(200, _half(answer.pieces[0]))

    async def _leave_open(self, closing: bytes, fault: NoDone) -> None:
        if fault.how == "ended":
            await self._response.end(closing)
        else:
            await self._response.write(closing)
            await self._response.silence()

    async def _garbage(self, answer: Rendered, fault: GarbageEvent) -> None:
        match fault.what:
            case "html":
                await self._whole(200, WEB_PAGE, kind=HTML)
            case "types":
                await self._replaced(answer, fault.after_chunks, self._dialect.wrong_types(stream=answer.stream))
            case "comments" if answer.stream:
                await self._inserted(answer, fault.after_chunks, self._dialect.comments(fault.comments))
            case "comments":
                self._call.prompt_tokens = answer.prompt_tokens
                await self._whole(200, b"\n" * fault.comments + answer.pieces[0])
                self._note_given(answer, 0)
            case _:
                assert_never(fault.what)

    async def _replaced(self, answer: Rendered, after: int, garbage: bytes) -> None:
        """`garbage` among a stream's chunks, or instead of a plain answer."""
        if answer.stream:
            await self._inserted(answer, after, garbage)
        else:
            await self._whole(200, garbage)

    async def _inserted(self, answer: Rendered, after: int, event: bytes) -> None:
        await self._start_stream(answer)
        await self._send_pieces(answer, 0, after)
        await self._response.write(event)
        await self._send_rest(answer, after)

    async def _widened(self, answer: Rendered, after: int, more: bytes) -> None:
        """Send the answer with `more` at the start of one chunk's text."""
        at = min(after, len(answer.pieces) - 1)
        widened = self._dialect.widened(answer.pieces[at], more)
        if not answer.stream:
            self._call.prompt_tokens = answer.prompt_tokens
            await self._whole(200, widened)
            self._note_given(answer, 0)
            return
        await self._start_stream(answer)
        await self._send_pieces(answer, 0, at)
        await self._pause_before(at)
        await self._response.write(widened)
        self._note_given(answer, at)
        await self._send_rest(answer, at + 1)

    async def _whole(self, status: int, body: bytes, extra: Headers | None = None, kind: Header = JSON) -> None:
        self._call.status = status
        await self._response.end(await self._response.start_plain(status, body, extra or [], kind))

    async def _start_plain(self, answer: Rendered) -> bytes:
        body = await self._response.start_plain(200, answer.pieces[0], [])
        self._call.status, self._call.prompt_tokens = 200, answer.prompt_tokens
        return body

    async def _start_stream(self, answer: Rendered) -> None:
        await self._response.start_stream(self._dialect.stream_type)
        self._call.status, self._call.prompt_tokens = 200, answer.prompt_tokens

    async def _send_part(self, answer: Rendered, chunks: int) -> None:
        if answer.stream:
            await self._start_stream(answer)
            await self._send_pieces(answer, 0, chunks)
        else:
            await self._response.write(_half(await self._start_plain(answer)))

    async def _send_rest(self, answer: Rendered, begin: int) -> None:
        await self._send_pieces(answer, begin, len(answer.pieces))
        await self._response.end(answer.closing)

    async def _send_pieces(self, answer: Rendered, begin: int, end: int) -> None:
        for index in range(begin, min(end, len(answer.pieces))):
            await self._pause_before(index)
            await self._response.write(answer.pieces[index])
            self._note_given(answer, index)

    async def _pause_before(self, index: int) -> None:
        if index:
            await self._response.pause(self._between_chunks)

    def _note_given(self, answer: Rendered, index: int) -> None:
        self._call.chunks = index + 1
        self._call.completion_tokens = answer.tokens[index]


def _half(body: bytes) -> bytes:
    return body[: len(body) // 2]
