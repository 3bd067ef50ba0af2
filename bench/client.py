"""HTTP/1.1 callers that cost little themselves: as many as can be, or at a rate."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

WORDS = 360
"""Of the prompt: a body of some 1.9 kB."""


@dataclass(frozen=True)
class Endpoint:
    """Where to ask, and the whole request as it goes over the wire."""

    host: str
    port: int
    request: bytes

    @classmethod
    def chat(cls, base_url: str, key: str, model: str, *, words: int = WORDS) -> "Endpoint":
        """`POST {base_url}/chat/completions`, with a prompt of so many words."""
        url = urlsplit(base_url)
        body = f'{{"model":"{model}","messages":[{{"role":"user","content":"{"word " * words}"}}]}}'.encode()
        head = (
            f"POST {url.path}/chat/completions HTTP/1.1\r\nhost: {url.hostname}\r\nauthorization: Bearer {key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return cls(url.hostname or "", url.port or 80, head.encode() + body)


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._answer: asyncio.Future[bool] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes) -> Awaitable[bool]:
        """Whether the answer is a 200."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length: ")
        length = int(head[at + 16 :].split(b"\r\n", 1)[0])
        if len(self._buffer) >= end + 4 + length and self._answer is not None:
            self._buffer = b""
            self._answer.set_result(head.startswith(b"http/1.1 200"))

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(False)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


@dataclass
class Run:
    """What a run saw."""

    seconds: float = 0.0
    failed: int = 0
    latencies: list[float] = field(default_factory=list)
    """Seconds, of answers that are a 200."""

    def quantile(self, q: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))] * 1000 if ordered else float("nan")

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


async def connect(endpoint: Endpoint) -> Connection:
    """A connection to `endpoint`."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, endpoint.host, endpoint.port)
    return connection


async def saturate(endpoint: Endpoint, *, connections: int, seconds: float) -> Run:
    """Each connection asks again as soon as it was answered."""
    loop = asyncio.get_running_loop()
    run = Run()
    begin = loop.time()

    async def ask_on() -> None:
        connection = await connect(endpoint)
        while (asked := loop.time()) < begin + seconds:
            _count(run, await connection.ask(endpoint.request), loop.time() - asked)
        connection.close()

    await asyncio.gather(*(ask_on() for _ in range(connections)))
    run.seconds = loop.time() - begin
    return run


async def at_rate(endpoint: Endpoint, *, per_second: float, seconds: float, rng: random.Random) -> Run:
    """Requests arrive as a Poisson process, whether earlier ones were answered or not; latency is from the arrival."""
    loop = asyncio.get_running_loop()
    run = Run()
    idle: deque[Connection] = deque([await connect(endpoint) for _ in range(32)])
    tasks: set[asyncio.Task[None]] = set()
    begin = arrival = loop.time()

    async def ask(due: float) -> None:
        connection = idle.popleft() if idle else await connect(endpoint)
        _count(run, await connection.ask(endpoint.request), loop.time() - due)
        idle.append(connection)

    while arrival < begin + seconds:
        arrival += rng.expovariate(per_second)
        await asyncio.sleep(max(0.0, arrival - loop.time()))
        task = asyncio.create_task(ask(arrival))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    run.seconds = loop.time() - begin
    for connection in idle:
        connection.close()
    return run


def _count(run: Run, answered: bool, latency: float) -> None:
    if answered:
        run.latencies.append(latency)
    else:
        run.failed += 1
