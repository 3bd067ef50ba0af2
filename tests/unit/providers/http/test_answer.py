"""Answers however their bytes come: split anywhere, broken off anywhere, too large, or none at all."""

import asyncio
import itertools
from collections.abc import Iterable
from typing import cast

import pytest

from services.providers.adapters.http.answer import KEPT, MAX_HEAD, Answer

LENGTH = b"HTTP/1.1 200 OK\r\nX-Request-Id: r-1\r\nContent-Length: 11\r\n\r\nhello world"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nx-request-id: r-1\r\ntransfer-encoding: chunked\r\n\r\n"
    b"5;a=b\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
)
TRAILERS = CHUNKED[:-2] + b"x-request-id: r-2\r\nx-sum: 1\r\n\r\n"
CONTINUED = (
    b"HTTP/1.1 100 Continue\r\nx-request-id: not yet\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n" + LENGTH
)
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nx-request-id: r-1\r\n\r\nhello world"
OLD = b"HTTP/1.0 200 OK\r\nx-request-id: r-1\r\ncontent-length: 11\r\n\r\nhello world"
FRAMED = {"length": LENGTH, "chunked": CHUNKED, "trailers": TRAILERS, "continued": CONTINUED, "old": OLD}


class Line:
    """See Carrier: tells what was asked of it."""

    def __init__(self) -> None:
        self.aborted = False
        self.paused = False

    def abort(self) -> None:
        self.aborted = True

    def pause(self) -> None:
        assert not self.paused
        self.paused = True

    def resume(self) -> None:
        assert self.paused
        self.paused = False


NO_LOOP = cast("asyncio.AbstractEventLoop", None)
"""For answers that nobody waits for."""


def told(pieces: Iterable[bytes], carrier: Line | None = None, loop: asyncio.AbstractEventLoop = NO_LOOP) -> Answer:
    answer = Answer(carrier or Line(), loop)
    for piece in pieces:
        if not answer.over:
            answer.feed(piece)
    return answer


@pytest.mark.parametrize("framing", FRAMED)
def test_an_answer_is_the_same_wherever_it_is_split_in_three(framing: str) -> None:
    said = FRAMED[framing]
    for first, second in itertools.combinations_with_replacement(range(1, len(said)), 2):
        answer = told(filter(None, (said[:first], said[first:second], said[second:])))
        assert (answer.status, answer.over, answer.broken) == (200, True, False), (first, second)
        assert (answer.header(b"x-request-id"), answer.take()) == (b"r-1", b"hello world"), (first, second)
        assert answer.reusable is (framing != "old")


@pytest.mark.parametrize("framing", FRAMED)
def test_an_answer_comes_a_byte_at_a_time(framing: str) -> None:
    answer = told(bytes([byte]) for byte in FRAMED[framing])
    assert (answer.over, answer.broken, answer.take()) == (True, False, b"hello world")


@pytest.mark.parametrize("framing", FRAMED)
@pytest.mark.parametrize("how", ["closed", "lost"])
def test_an_answer_that_ends_before_its_end_is_broken_wherever_that_is(framing: str, how: str) -> None:
    said = FRAMED[framing]
    for end in range(len(said)):
        answer = told([said[:end]])
        assert not answer.over, end
        getattr(answer, how)()
        assert (answer.over, answer.broken, answer.reusable) == (True, True, False), end


def test_a_body_without_a_length_ends_with_its_connection_but_not_with_its_loss() -> None:
    head = UNTIL_CLOSE.index(b"\r\n\r\n") + 4
    for end in range(len(UNTIL_CLOSE) + 1):
        closed, lost = told([UNTIL_CLOSE[:end]]), told([UNTIL_CLOSE[:end]])
        closed.closed()
        lost.lost()
        assert (closed.over, closed.broken, closed.reusable) == (True, end < head, False), end
        assert closed.take() == UNTIL_CLOSE[head:end]
        assert lost.broken


@pytest.mark.parametrize(
    "said",
    [
        b"\x00\x01\x02\x03",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\na: b\r\n c: d\r\n\r\n",
        b"HTTP/1.1 200 OK\r\na\0: b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}}\r\n0\r\n\r\n",
        CHUNKED[:-2] + b"content-length: 3\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nanything",
    ],
)
def test_what_is_no_answer_or_might_be_read_as_two_is_broken(said: bytes) -> None:
    for pieces in ([said], [bytes([byte]) for byte in said]):
        answer = told(pieces)
        assert (answer.over, answer.broken, answer.reusable) == (True, True, False)


@pytest.mark.parametrize("coding", [b"identity", b"gzip", b"chunked\r\ntransfer-encoding: identity"])
def test_a_body_in_a_coding_that_is_not_known_is_never_whole(coding: bytes) -> None:
    answer = told([b"HTTP/1.1 200 OK\r\ntransfer-encoding: %b\r\n\r\n0\r\n\r\n" % coding])
    answer.closed()
    assert (answer.over, answer.broken) == (True, True)


@pytest.mark.parametrize("surplus", [b"x", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno", LENGTH[:20]])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_connection_on_which_more_was_said_than_asked_for_is_not_used_again(framing: str, surplus: bytes) -> None:
    answer = told([FRAMED[framing] + surplus])
    assert (answer.over, answer.broken, answer.reusable) == (True, False, False)
    assert (answer.take(), answer.header(b"content-length")) == (
        b"hello world",
        b"11" if framing == "length" else b"",
    )


@pytest.mark.parametrize(
    "endless",
    [
        [b"HTTP/1.1 200 OK\r\nx: ", b"y"],
        [b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"],
        [b"HTTP/1.1 200 ", b"O"],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ", b"y"],
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;x=", b"y"],
        [b"", b"HTTP/1.1 100 Continue\r\n\r\n"],
    ],
    ids=["a header", "headers", "a phrase", "trailers", "an extension", "heads that are not final"],
)
@pytest.mark.parametrize("size", [100, 10_000])
def test_what_is_no_body_is_not_read_without_end(endless: list[bytes], size: int) -> None:
    first, more = endless
    answer, piece = Answer(Line(), NO_LOOP), more * (size // len(more))
    if first:
        answer.feed(first)
    taken = 0
    while not answer.over:
        answer.feed(piece)
        taken += len(piece)
        assert taken <= MAX_HEAD + len(piece)
    assert answer.broken


def test_a_vendor_is_held_back_while_nobody_takes_what_it_sent() -> None:
    line, piece = Line(), b"x" * 1000
    answer = told([b"HTTP/1.1 200 OK\r\n\r\n"], line)
    while not line.paused:
        answer.feed(piece)
    assert KEPT < answer.size <= KEPT + len(piece)
    assert len(answer.take()) > KEPT
    assert not line.paused


async def test_whoever_waits_for_much_lets_that_much_come_and_is_woken_once() -> None:
    line, piece, much = Line(), b"x" * 1000, 4 * KEPT
    answer = told([b"HTTP/1.1 200 OK\r\n\r\n", *[piece] * (KEPT // 1000 + 1)], line, asyncio.get_running_loop())
    assert line.paused
    waiting = asyncio.create_task(answer.wait(much))
    await asyncio.sleep(0)
    while not line.paused:
        assert not waiting.done()
        answer.feed(piece)
    await waiting
    assert much <= answer.size <= much + len(piece)


async def test_a_reader_that_left_takes_nothing_from_the_next_one() -> None:
    answer = told([LENGTH[:-5]], loop=asyncio.get_running_loop())
    answer.take()
    left = asyncio.create_task(answer.wait(100))
    await asyncio.sleep(0)
    left.cancel()
    answer.feed(LENGTH[-5:-2])
    await asyncio.gather(left, return_exceptions=True)
    await answer.wait(3)
    assert answer.take() == LENGTH[-5:-2]
    waiting = asyncio.create_task(answer.wait(100))
    await asyncio.sleep(0)
    answer.feed(LENGTH[-2:])
    await waiting
    assert (answer.over, answer.take()) == (True, LENGTH[-2:])


def test_an_answer_that_is_let_go_keeps_nothing_and_tells_its_end_once() -> None:
    line, ends = Line(), list[int]()
    answer = told([UNTIL_CLOSE, b"x" * (KEPT + 1)], line)
    assert line.paused
    answer.release(lambda: ends.append(1))
    assert not line.paused
    answer.feed(b"more")
    answer.closed()
    assert (ends, answer.take(), line.aborted) == ([1], b"", False)


def test_an_answer_that_is_abandoned_closes_its_connection_and_one_that_is_over_does_not() -> None:
    line = Line()
    answer = told([LENGTH], line)
    answer.abandon()
    assert not line.aborted
    answer = told([LENGTH[:-1]], line)
    answer.abandon()
    assert (line.aborted, answer.over, answer.broken) == (True, True, True)
