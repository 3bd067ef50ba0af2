"""HTTP/1.1 callers that cost little themselves: as many as can be, at a rate, or many at once."""

import asyncio
import itertools
import math
import random
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import httptools

from bench.alarm import Alarm

WORDS = 360
"""Of the prompt: a body of some 1.9 kB."""
PATIENCE = 60.0
"""Seconds that an answer is waited for."""
CONNECTED = 32
"""Connections that are there before the first request comes at a rate."""
_NUMBER = b"00000000"
_numbers = itertools.count(1)
_ENDING = 400
"""Bytes of an answer that are kept, to see whether it is whole, and to say what it was where it is not."""

Done = Callable[[str], None]
"""Told how a request failed; an empty text where its answer is well."""


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, and the whole request as it goes over the wire."""

    host: str
    port: int
    request: bytes
    ending: bytes = b"}"
    """Of an answer that is whole."""
    number_at: int = 0
    """Place in the request of eight digits that make each one differ from the others; 0 where all are the same."""

    @classmethod
    def chat(
        cls, base_url: str, key: str, model: str, *, words: int = WORDS, stream: bool = False, numbered: bool = True
    ) -> "Endpoint":
        """`POST {base_url}/chat/completions`, with a prompt of so many words."""
        url = urlsplit(base_url)
        streamed = '"stream":true,' if stream else ""
        prompt = f"{_NUMBER.decode()} {'word ' * words}"
        body = f'{{"model":"{model}",{streamed}"messages":[{{"role":"user","content":"{prompt}"}}]}}'.encode()
        head = (
            f"POST {url.path}/chat/completions HTTP/1.1\r\nhost: {url.netloc}\r\nauthorization: Bearer {key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode()
        return cls(
            url.hostname or "",
            url.port or 80,
            head + body,
            b"data: [DONE]\n\n" if stream else b"}",
            len(head) + body.index(_NUMBER) if numbered else 0,
        )

    def next(self) -> bytes:
        """A request, with a number that none had before it in this process: a run finds no other run's answers kept."""
        if not self.number_at:
            return self.request
        return b"%b%08d%b" % (
            self.request[: self.number_at],
            next(_numbers) % 10 ** len(_NUMBER),
            self.request[self.number_at + len(_NUMBER) :],
        )


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self, ending: bytes) -> None:
        self._ending = ending
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._tail = b""
        self._done: Done | None = None
        self.lost = False

    def ask(self, request: bytes, done: Done) -> None:
        """Tell `done`, once, whether the answer is a 200, and whole, or else what it is."""
        self._done, self._tail = done, b""
        if self.lost or self._transport is None:
            self._tell("the connection was lost before")
        else:
            self._transport.write(request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.lost = True
        self._tell(f"the connection was lost: {exc or 'closed'}")

    def on_body(self, body: bytes) -> None:
        """See httptools."""
        self._tail = (self._tail + body)[-_ENDING:]

    def on_message_complete(self) -> None:
        """See httptools."""
        if not self._parser.should_keep_alive():
            self.close()
        status = self._parser.get_status_code()
        well = status == 200 and self._tail.endswith(self._ending)
        self._tell("" if well else f"{status} {self._tail.decode(errors='replace')}")

    def close(self) -> None:
        """Hang up."""
        self.lost = True
        if self._transport is not None:
            self._transport.close()

    def _tell(self, failure: str) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(failure)


@dataclass
class Run:
    """What a run saw."""

    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    """How each of those that failed did."""
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    """Seconds, of answers that are well."""

    @property
    def failed(self) -> int:
        """Requests whose answer was not well, or did not come."""
        return len(self.failures)

    @property
    def asked(self) -> int:
        """Requests, whatever came of them."""
        return len(self.latencies) + self.failed

    def quantile(self, q: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))] * 1000 if ordered else float("nan")

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def count(self, since: float, failure: str) -> None:
        """An answer to what was due at `since`; `failure` as Done is told."""
        if failure:
            self.failures.append(failure)
        else:
            self.latencies.append(time.monotonic() - since)


async def connect(endpoint: Endpoint) -> Connection:
    """A connection to `endpoint`."""
    _, connection = await asyncio.get_running_loop().create_connection(
        lambda: Connection(endpoint.ending), endpoint.host, endpoint.port
    )
    return connection


@contextmanager
def _timed() -> Iterator[Run]:
    run, begin = Run(), time.monotonic()
    yield run
    run.seconds = time.monotonic() - begin


async def saturate(endpoint: Endpoint, *, connections: int, seconds: float, requests: float = math.inf) -> Run:
    """Each connection asks again as soon as it was answered, until the time is over or so many were asked.

    A connection that was lost asks no more. Raises TimeoutError where an answer does not come.
    """
    loop = asyncio.get_running_loop()
    all_connected = await asyncio.gather(*(connect(endpoint) for _ in range(connections)))
    with _timed() as run:
        end = time.monotonic() + seconds
        begun = 0

        def ask_on(connection: Connection, over: asyncio.Future[None]) -> None:
            nonlocal begun
            since = time.monotonic()
            if since >= end or begun >= requests or connection.lost:
                over.set_result(None)
                return
            begun += 1

            def done(failure: str) -> None:
                run.count(since, failure)
                # Not at once: the parser is still in the answer that ends here.
                loop.call_soon(ask_on, connection, over)

            connection.ask(endpoint.next(), done)

        overs = [loop.create_future() for _ in all_connected]
        for connection, over in zip(all_connected, overs, strict=True):
            ask_on(connection, over)
        async with asyncio.timeout(seconds + PATIENCE):
            await asyncio.gather(*overs)
    for connection in all_connected:
        connection.close()
    return run


async def at_rate(endpoint: Endpoint, *, per_second: float, seconds: float, rng: random.Random) -> Run:
    """Requests arrive as a Poisson process, whether earlier ones were answered or not; latency is from the arrival.

    Raises TimeoutError where an answer does not come.
    """
    gaps = (rng.expovariate(per_second) for _ in itertools.count())
    return await _arriving(endpoint, itertools.takewhile(lambda due: due < seconds, itertools.accumulate(gaps)))


async def together(endpoint: Endpoint, *, count: int, within: float) -> Run:
    """So many requests, begun one after the other within so many seconds. Raises TimeoutError as at_rate does."""
    return await _arriving(endpoint, (within * number / count for number in range(count)))


async def _arriving(endpoint: Endpoint, arrivals: Iterator[float]) -> Run:
    """`arrivals`: seconds from now, in their order."""
    idle = deque(await asyncio.gather(*(connect(endpoint) for _ in range(CONNECTED))))
    with _timed() as run, Alarm() as alarm:

        async def ask(due: float) -> None:
            connection = idle.popleft() if idle else await connect(endpoint)
            answered = asyncio.get_running_loop().create_future()

            def done(failure: str) -> None:
                run.count(due, failure)
                answered.set_result(None)

            connection.ask(endpoint.next(), done)
            async with asyncio.timeout(PATIENCE):
                await answered
            if not connection.lost:
                idle.append(connection)

        begin = time.monotonic()
        async with asyncio.TaskGroup() as asked:
            for arrival in arrivals:
                await alarm.until(begin + arrival)
                asked.create_task(ask(begin + arrival))
    for connection in idle:
        connection.close()
    return run
