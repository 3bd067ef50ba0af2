"""Callers that come whether earlier ones were answered or not, and remember what they heard."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pyqwest

from bench.site import Site

PATIENCE = 60.0
"""Seconds after which an answer is no longer waited for: it hangs."""
LOST = (OSError, pyqwest.ReadError, pyqwest.WriteError, pyqwest.RemoteProtocolError)


@dataclass(slots=True)
class Heard:
    """What one caller heard. Times are seconds."""

    label: str
    status: int = 0
    """0: nothing came."""
    code: str = ""
    """Of the error, also of one in a stream; `hung` or `lost` where no answer came to an end."""
    retry_after: str = ""
    target: str = ""
    first: float = 0.0
    """From the start to the first of the answer's body."""
    seconds: float = 0.0
    """From the start to the end."""
    at: float = 0.0
    """The start, on the monotonic clock."""

    @property
    def succeeded(self) -> bool:
        """Whether the whole answer came."""
        return self.status == 200 and not self.code


class Callers:
    """Ask over HTTP."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._url = f"{site.url}/v1/chat/completions"
        self._client = pyqwest.Client(pyqwest.HTTPTransport(timeout=PATIENCE))

    async def ask(self, model: str, *, label: str = "", stream: bool = False, words: int = 8, **own: str) -> Heard:
        """One chat. `own`: headers of Seawall's, without their `x-seawall-`."""
        body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": "word " * words}]}
        if stream:
            body["stream"] = True
        heard = Heard(label, at=time.monotonic())
        try:
            async with asyncio.timeout(PATIENCE):
                await self._hear(heard, json.dumps(body).encode(), self._site.headers(**own))
        except TimeoutError:
            heard.code = "hung"
        except LOST:
            heard.code = "lost"
        heard.seconds = time.monotonic() - heard.at
        return heard

    async def _hear(self, heard: Heard, body: bytes, headers: dict[str, str]) -> None:
        async with self._client.stream("POST", self._url, headers, body) as answer:
            heard.status = answer.status
            heard.retry_after = answer.headers.get("retry-after") or ""
            heard.target = answer.headers.get("x-seawall-target") or ""
            tail = b""
            async for piece in answer.content:
                heard.first = heard.first or time.monotonic() - heard.at
                tail = (tail + bytes(piece))[-4096:]
        if answer.status != 200:
            heard.code = json.loads(tail)["error"]["code"]
        elif (answer.headers.get("content-type") or "").startswith("text/event-stream"):
            last = tail.rstrip().rpartition(b"data: ")[2]
            if last != b"[DONE]":
                heard.code = json.loads(last)["error"]["code"]


async def arrive(
    ask: Callable[[int], Awaitable[Heard]], *, per_second: float, seconds: float, rng: random.Random
) -> list[Heard]:
    """What all heard who came as a Poisson process; `ask` is given their numbers."""
    loop = asyncio.get_running_loop()
    due = begin = loop.time()
    tasks: list[asyncio.Task[Heard]] = []
    while due < begin + seconds:
        await asyncio.sleep(max(0.0, due - loop.time()))
        tasks.append(asyncio.ensure_future(ask(len(tasks))))
        due += rng.expovariate(per_second)
    return list(await asyncio.gather(*tasks))


def quantile(values: Iterable[float], q: float) -> float:
    """The value that a share of `q` is not above; not a number where there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("nan")


def share(heard: Iterable[Heard]) -> float:
    """Of those, who got a whole answer."""
    all_ = list(heard)
    return sum(one.succeeded for one in all_) / len(all_) if all_ else float("nan")
