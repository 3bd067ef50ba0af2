"""How long vendors' answers take: two shapes from the book, and four pools as they were measured.

`llmperf.json` holds (seconds to the first token, seconds to the end) of each answer that LLMPerf's leaderboard got from
four providers: 550 tokens of prompt, about 150 of answer, 150 calls each (github.com/ray-project/llmperf-leaderboard,
raw_data/individual, commit 27aa9b6, Apache-2.0). Calls are drawn from them independently.
"""

import json
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

SIGMA = 0.3
"""Of the lognormal that light tails are taken to be."""
SLOW_SHARE, SLOWER = 0.05, 10.0
"""Of the calls, and how many times."""
FIRST_TOKEN = 0.25
"""Of an answer's time in the shapes from the book; the slow wait longer for their first token and stream as slowly."""
PROMPT_COST = 550 / (550 + 4 * 150)
"""Share of a call's price that its prompt is, where a token of the answer costs four of the prompt."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One call, were it left alone."""

    first_token: float
    """Seconds."""
    whole: float
    """Seconds."""

    def cost_after(self, seconds: float) -> float:
        """What the call costs when it is cancelled after so long, as a share of its price.

        The prompt when its reading is over, and each token as it is written; nothing while it waits. A vendor that
        charges for the prompt of a call that it had not begun makes a loser dearer by PROMPT_COST at most.
        """
        if seconds < self.first_token:
            return 0.0
        writing = self.whole - self.first_token
        written = min(1.0, (seconds - self.first_token) / writing) if writing > 0.0 else 1.0
        return PROMPT_COST + (1.0 - PROMPT_COST) * written


Pool = Callable[[random.Random], Answer]
"""Draws one answer of a vendor's."""


def light(rng: random.Random) -> Answer:
    """Lognormal, a second in the median."""
    whole = math.exp(rng.gauss(0.0, SIGMA))
    return Answer(whole * FIRST_TOKEN, whole)


def spiky(rng: random.Random) -> Answer:
    """The same, but a few ten times slower."""
    answer = light(rng)
    slower = SLOWER if rng.random() < SLOW_SHARE else 1.0
    return Answer(answer.first_token * slower, answer.whole * slower)


def pools() -> Mapping[str, Pool]:
    """Name → pool."""
    measured: dict[str, list[tuple[float, float]]] = json.loads(Path(__file__).with_name("llmperf.json").read_text())
    return {
        "5 % ten times slower": spiky,
        "lognormal 0.3": light,
        **{f"LLMPerf {name}": _resampled([Answer(*one) for one in answers]) for name, answers in measured.items()},
    }


def _resampled(answers: list[Answer]) -> Pool:
    return lambda rng: rng.choice(answers)
