"""`python -m bench.translation`: CPU of translating a chat of 2 KB, and memory that one of 100,000 tokens takes.

Each way is measured by itself, for callers of each dialect before vendors of each, in interleaved rounds: what the
providers service does to make the vendor's request, and the caller's answer. Microseconds, median (least to most); the
goal is 30 each way. A stream is told by the piece. Where both speak the same dialect, bytes pass.
"""

import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.translation.answered import streamed, whole
from bench.translation.asked import chat, long_chat
from services.providers.adapters.vendors import known_vendors
from services.providers.application.ports import Dialect
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope

GOAL = 30.0
ROUNDS = 7
CALLS = 300
CALLERS = (CallerDialect.OPENAI_CHAT, CallerDialect.ANTHROPIC_MESSAGES, CallerDialect.OPENAI_RESPONSES)
VENDORS = {
    "openai-compatible": "openai",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "cohere": "cohere",
    "mistral": "openai",
    "bedrock": "bedrock",
}
"""Each with the dialect of its answers here."""
FRAMED = {"bedrock"}
"""Whose streams are no text: nothing here writes them."""


@dataclass
class Pair:
    """A caller before a vendor, and what it cost in each round, in microseconds."""

    caller: CallerDialect
    vendor: str
    spoken: Dialect
    costs: dict[str, list[float]] = field(default_factory=dict)

    @property
    def ways(self) -> dict[str, Callable[[], object]]:
        """What is measured."""
        asked, asked_streamed = (
            self.envelope(chat(self.caller, stream=False)),
            self.envelope(chat(self.caller, stream=True)),
        )
        request = self.spoken.request(asked, stream=False)
        answer = whole(VENDORS[self.vendor])
        ways: dict[str, Callable[[], object]] = {
            "request": lambda: self.spoken.request(asked, stream=False),
            "answer": lambda: self.spoken.answer(request, answer, ""),
        }
        if self.vendor not in FRAMED:
            request_streamed = self.spoken.request(asked_streamed, stream=True)
            pieces = streamed(VENDORS[self.vendor])

            def stream() -> None:
                decoder = self.spoken.decoder(request_streamed)
                for piece in pieces:
                    for _ in decoder.feed(piece):
                        pass

            ways["piece"] = stream
        return ways

    def envelope(self, body: bytes) -> Envelope:
        """A request of that body, to a model of the vendor's."""
        return Envelope("req_1", 1, "acme", self.vendor, "m", body, "", None, "", self.caller)

    def measure(self) -> None:
        """One round."""
        for way, work in self.ways.items():
            began = time.thread_time()
            for _ in range(CALLS):
                work()
            taken = (time.thread_time() - began) / CALLS * 1e6
            pieces = len(streamed(VENDORS[self.vendor])) if way == "piece" else 1
            self.costs.setdefault(way, []).append(taken / pieces)

    def copies(self) -> float:
        """What writing the vendor's request takes at most, its result included, in sizes of a long chat's body."""
        envelope = self.envelope(long_chat(self.caller))
        self.spoken.request(envelope, stream=False)
        gc.collect()
        tracemalloc.start()
        try:
            self.spoken.request(envelope, stream=False)
            return tracemalloc.get_traced_memory()[1] / len(envelope.body)
        finally:
            tracemalloc.stop()


def main() -> None:
    """Measure and print."""
    vendors = known_vendors(max_event=4 * 1024 * 1024, now=lambda: datetime.now(UTC))
    pairs = [Pair(caller, name, vendors[name].spoken_to(caller)) for caller in CALLERS for name in VENDORS]
    for _ in range(ROUNDS):
        for pair in pairs:
            pair.measure()
    sizes = ", ".join(f"{caller} {len(chat(caller, stream=False))}" for caller in CALLERS)
    print(
        f"chats of {sizes} bytes; answers of {len(whole('openai'))}; CPU in us, median (least to most); goal {GOAL:g}"
    )
    print(f"{'caller':<20}{'vendor':<20}{'request':>22}{'answer':>22}{'a streamed piece':>24}  long chat, in bodies")
    for pair in pairs:
        told = [_told(pair.costs.get(way)) for way in ("request", "answer", "piece")]
        print(f"{pair.caller:<20}{pair.vendor:<20}{told[0]:>22}{told[1]:>22}{told[2]:>24}  {pair.copies():.2f}")


def _told(costs: list[float] | None) -> str:
    return f"{statistics.median(costs):.1f} ({min(costs):.1f} to {max(costs):.1f})" if costs else "-"


if __name__ == "__main__":
    main()
