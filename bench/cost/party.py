"""Who is asked, and what: the same question goes to Seawall, to nginx and to the upstream itself."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.client import WORDS, Endpoint


@dataclass(frozen=True)
class Question:
    """What is asked."""

    model: str
    """As Seawall knows it."""
    path: str
    """At the upstream, where its way of answering is."""
    words: int = WORDS
    stream: bool = False
    numbered: bool = True
    """Each one differs from the others."""


WHOLE = Question("chat", "whole")
LONG = Question("chat", "whole", words=100_000)
"""A prompt of 100,000 tokens."""
STREAM = Question("stream", "stream/8/5", stream=True)
"""8 chunks, 5 ms apart."""
SLOW = Question("slow", "stream/20/500", stream=True)
"""20 chunks, 500 ms apart."""


@dataclass(frozen=True)
class Party:
    """Who is asked."""

    url: str
    parts: Mapping[str, int]
    """Name → process; those below it belong to it."""
    key: str = "any"
    by_model: bool = False
    """Whether it finds the upstream's way of answering by the model, as Seawall does, and not by the path."""

    def endpoint(self, question: Question) -> Endpoint:
        """Where and how this party is asked that."""
        return Endpoint.chat(
            f"{self.url}/v1" if self.by_model else f"{self.url}/{question.path}/v1",
            self.key,
            question.model,
            words=question.words,
            stream=question.stream,
            numbered=question.numbered,
        )
