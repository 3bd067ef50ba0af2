"""`.cache/frameworks/bin/python -m bench.estimate`: weights of a prompt's parts, and how far the estimates are off.

Fitted on one half of the prompts, tested on the other. Errors are |estimate / count - 1| in percent: median and 95th
percentile, for a quarter of a token for each byte, for the weights of the model's family, and for those once the target
told of 20 calls of the same kind. `others`: of models whose family is not known; fitted to both of OpenAI's encodings,
tested with Anthropic's. Last, what an estimate costs. `--weights` prints the fitted ones, as token_weights.py has them.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice

from bench.estimate.fit import fit
from bench.estimate.prompts import Prompt, prompts
from bench.estimate.truth import tokenizers
from services.gateway.domain.chat import Chat
from services.gateway.domain.extent import Extent, extent_of
from services.gateway.domain.token_estimate import TokenEstimate
from services.gateway.domain.token_weights import FAMILIES, WEIGHTS, Weights
from services.gateway.domain.usage import Usage

CALLS = 20
FITTED = {"o200k": ("o200k",), "cl100k": ("cl100k",), "claude": ("claude",), "others": ("o200k", "cl100k")}
TESTED = {"o200k": "o200k", "cl100k": "cl100k", "claude": "claude", "others": "claude"}
COUNTED = Extent._fields[:-1]
"""Media are not fitted."""
AROUND = 50
"""Tokens: how much the options around a prompt may differ, so that short prompts say less of the weights."""
GOALS = {2_000: 10.0, 1_000_000: 2_000.0}
"""Microseconds for a body of so many bytes."""
ROUNDS = 15

Counts = dict[str, list[int]]
"""What each prompt counts, by tokenizer."""


def fitted(family: str, asked: list[Prompt], counts: Counts) -> Weights:
    """The weights with the least relative error, each kind of prompt counting the same."""
    learned = [(number, prompt) for number, prompt in enumerate(asked) if not prompt.tested]
    share = {kind: sum(prompt.kind == kind for _, prompt in learned) ** -0.5 for kind in {one.kind for one in asked}}
    rows, wanted = [], []
    for tokenizer in FITTED[family]:
        for number, prompt in learned:
            count = counts[tokenizer][number]
            scale = share[prompt.kind] / (count + AROUND)
            rows.append([scale, *(scale * one for one in extent_of(prompt.body)[:-1])])
            wanted.append(scale * count)
    base, *each = fit(rows, wanted, free={0, 1})
    return Weights(round(base, 2), tuple(round(one, 3) for one in each))


def errors(family: str, kind: str, asked: list[Prompt], counts: Counts) -> Iterator[list[float]]:
    """Of the tested prompts of a kind: by bytes, by weights, and after calls of the other half."""
    count = counts[TESTED[family]]
    of_kind = [
        (prompt, Chat("m", False, prompt.body), count[n]) for n, prompt in enumerate(asked) if prompt.kind == kind
    ]
    tested = [(chat, true) for prompt, chat, true in of_kind if prompt.tested]
    cold, warm = TokenEstimate(WEIGHTS[family]), TokenEstimate(WEIGHTS[family])
    for _, chat, true in islice(cycle(one for one in of_kind if not one[0].tested), CALLS):
        warm.learn(Usage(true), chat, 0)
    for estimate in (lambda chat: len(chat.body) // 4, cold.prompt, warm.prompt):
        yield sorted(abs(estimate(chat) / true - 1) for chat, true in tested)


def told(found: list[float]) -> str:
    """Median and 95th percentile."""
    return f"{statistics.median(found):.0%} {found[int(0.95 * len(found))]:.0%}"


def cost(body: bytes) -> str:
    """Microseconds of CPU for one estimate of a body."""
    estimate = TokenEstimate(WEIGHTS["o200k"])
    chat = Chat("m", False, body)

    def once() -> None:
        chat.__dict__.pop("extent", None)
        estimate.prompt(chat)

    times = max(1, 4_000_000 // len(body))
    return told_times([timed(once, times) for _ in range(ROUNDS)])


def timed(work: Callable[[], None], times: int) -> float:
    """Microseconds of CPU for doing it once."""
    began = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - began) / times * 1e6


def told_times(found: list[float]) -> str:
    """Median, least, most."""
    return f"{statistics.median(found):.1f} ({min(found):.1f} to {max(found):.1f})"


def main() -> None:
    """Fit or measure, and print."""
    asked = prompts()
    counts = {name: [one.prompt(prompt.chat) for prompt in asked] for name, one in tokenizers().items()}
    if "--weights" in sys.argv:
        found = [fitted(family, asked, counts) for family in FAMILIES]
        print(f'    "base": ({", ".join(str(one.base) for one in found)}),')
        for number, name in enumerate(COUNTED):
            print(f'    "{name}": ({", ".join(str(one.each[number]) for one in found)}),')
        return
    print("error, median and 95th percentile: a token for 4 bytes | by weights | after 20 calls")
    print(f"{'':<54}{''.join(f'{family:<34}' for family in FAMILIES)}")
    for kind in dict.fromkeys(prompt.kind for prompt in asked):
        cells = [" | ".join(map(told, errors(family, kind, asked, counts))) for family in FAMILIES]
        print(f"{kind:<54}{''.join(f'{cell:<34}' for cell in cells)}")
    long = next(one for one in asked if one.kind == "over 100 KB").chat["messages"][0]["content"]
    for size, goal in GOALS.items():
        for escaped in (False, True):
            text = json.dumps({"messages": [{"role": "user", "content": long * 4}]}, ensure_ascii=escaped)
            print(f"{size} bytes, {'escaped' if escaped else 'raw'}: {cost(text.encode()[:size])} us, goal {goal:g}")


if __name__ == "__main__":
    main()
