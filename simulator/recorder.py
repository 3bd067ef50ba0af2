"""What a simulated vendor remembers of the calls it got: a bounded list, and counters that outlive it."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable

import msgspec

IN_FLIGHT = "in_flight"
COMPLETED = "completed"
CLIENT_CLOSED = "client_closed"
REJECTED = "rejected"
OVERLOADED = "overloaded"
WENT_DOWN = "faulted:down"


class Call(msgspec.Struct, gc=False):
    """One call for a completion, kept current while it runs.

    `time` is Unix seconds at its start, `finished_at` at its end (0 before), `seconds` how long it lasted, `chunks` the
    pieces of text that were sent, `status` 0 until headers were sent. `prefix` says that the request ended with the
    beginning of an answer. `outcome` is `in_flight`, then `completed`, `rejected` (the request was wrong), `overloaded`
    (the queue was full), `client_closed`, or `faulted:<kind>`. `client_left` says that the caller ended it, at
    `finished_at`, whatever the outcome. Tokens are those the caller was given. `body` is the request as received, kept
    for the latest calls only.
    """

    number: int
    time: float
    key_suffix: str = ""
    traceparent: str = ""
    model: str = ""
    stream: bool = False
    prefix: bool = False
    status: int = 0
    outcome: str = IN_FLIGHT
    client_left: bool = False
    seconds: float = 0.0
    finished_at: float = 0.0
    chunks: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    body: bytes | None = None


class Recorder:
    """Keeps the last `keep` calls and the bodies of the last `keep_bodies`; counts all of them."""

    def __init__(
        self,
        *,
        keep: int = 100_000,
        keep_bodies: int = 100,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._calls: deque[Call] = deque(maxlen=keep)
        self._with_body: deque[Call] = deque()
        self._keep_bodies = keep_bodies
        self._wall = wall
        self._monotonic = monotonic
        self._began = 0
        self._in_flight = 0
        self._outcomes: Counter[str] = Counter()
        self._prompt_tokens = 0
        self._completion_tokens = 0

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls that are remembered, oldest first."""
        return tuple(self._calls)

    def latest(self, limit: int) -> list[Call]:
        """Return the last `limit` calls, oldest first."""
        count = len(self._calls)
        return [self._calls[index] for index in range(max(0, count - limit), count)]

    def begin(self, key_suffix: str, traceparent: str) -> tuple[Call, float]:
        """Note a call that begins; give the second value back to `end`."""
        call = Call(self._began, self._wall(), key_suffix, traceparent)
        self._began += 1
        self._in_flight += 1
        self._calls.append(call)
        return call, self._monotonic()

    def keep_body(self, call: Call, body: bytes) -> None:
        """Keep the request's body with its call, and forget the oldest one kept."""
        if len(self._with_body) >= self._keep_bodies:
            self._with_body.popleft().body = None
        call.body = body
        self._with_body.append(call)

    def seconds_since(self, began: float) -> float:
        """Seconds since a call began."""
        return self._monotonic() - began

    def end(self, call: Call, began: float) -> None:
        """Note that a call, whose outcome is set, has ended."""
        call.seconds = self._monotonic() - began
        call.finished_at = self._wall()
        self._in_flight -= 1
        self._outcomes[call.outcome] += 1
        self._prompt_tokens += call.prompt_tokens
        self._completion_tokens += call.completion_tokens

    def forget(self) -> None:
        """Drop the list of calls and start the counters of ended calls at zero; numbering goes on."""
        self._calls.clear()
        self._with_body.clear()
        self._outcomes.clear()
        self._prompt_tokens = self._completion_tokens = 0

    def counters(self) -> dict[str, object]:
        """Return the counters as JSON-able values: calls (ended and in flight), outcomes, and tokens given."""
        return {
            "calls": self._outcomes.total() + self._in_flight,
            "completed": self._outcomes[COMPLETED],
            "in_flight": self._in_flight,
            "outcomes": dict(self._outcomes),
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": self._completion_tokens,
        }
