"""What a caller asks, and everything that may rightly be told of it: a simulated vendor's answer follows from it."""

import random
import re
from dataclasses import dataclass
from enum import StrEnum

from simulator.answers import Question as Asked
from simulator.answers import compose
from simulator.scripts.chance import ANSWER_TOKENS

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "inlet", "jetty", "knoll", "larch")
MARK = re.compile(rb"soak-(\d+)")
FILLER = re.compile("x{1000,}")
"""What a vendor's bodies are stuffed with where they are huge."""


class Caller(StrEnum):
    """What it is asked with."""

    HTTP = "http"
    SDK = "sdk"
    GRPC = "grpc"


@dataclass(frozen=True, slots=True)
class Question:
    """One request. Times are seconds."""

    number: int
    caller: Caller
    model: str
    stream: bool
    text: str
    timeout: float | None
    """What the caller allows; what the route does where None."""
    leaves_after: float | None
    """When the caller hangs up; never where None."""

    def allowed(self, usual: float) -> float:
        """Seconds in which an end must be told; `usual` is what the route allows."""
        return usual if self.timeout is None else min(usual, self.timeout)


class Curiosity:
    """Makes up questions, the same for the same seed."""

    def __init__(self, seed: int, models: tuple[str, ...]) -> None:
        self._rng = random.Random(f"questions:{seed}")
        self._models = models
        self._number = 0

    def next(self) -> Question:
        """The next one."""
        rng = self._rng
        self._number += 1
        return Question(
            number=self._number,
            caller=rng.choices(list(Caller), (0.6, 0.15, 0.25))[0],
            model=rng.choice(self._models),
            stream=rng.random() < 0.6,
            text=" ".join((f"soak-{self._number}", *rng.choices(WORDS, k=rng.randint(2, 12)))),
            timeout=rng.choice((None, None, None, 2.0, 4.0, 8.0)),
            leaves_after=rng.uniform(0.005, 1.5) if rng.random() < 0.08 else None,
        )


def wrong_text(question: Question, text: str, targets: frozenset[str], *, finish: str) -> str:
    """What is wrong with a text that was told; empty where nothing is.

    `finish`: the reason for which it was told to be whole; it may be a beginning only where it is empty or says so.
    """
    text = FILLER.sub("", text)
    name, space, _ = text.partition(" ")
    if not space:
        begun = finish not in {"stop", "length"} and any(target.startswith(text) for target in targets)
        return "" if begun else f"no target answers {text[:200]!r}"
    if name not in targets:
        return f"no target is called {name[:200]!r}"
    vendor, _, model = name.partition("/")
    intended = compose(vendor, model, Asked(asked=question.text), length=ANSWER_TOKENS).text
    if text == intended:
        return ""
    if finish not in {"stop", "length"} and intended.startswith(text):
        return ""
    return f"{text!r:.600} instead of {intended!r}"
