"""What the tokens of a prompt are counted from, for each family of tokenizers: weights, as data."""

import re
from typing import NamedTuple

from services.gateway.domain.extent import Extent


class Weights(NamedTuple):
    """How many tokens each of what an `Extent` counts is, in its order and without media, and the body around it."""

    base: float
    each: tuple[float, ...]


FAMILIES = ("o200k", "cl100k", "claude", "others")
"""OpenAI's two encodings, Anthropic's models, all other vendors'."""

_TABLE = {
    # `.cache/frameworks/bin/python -m bench.estimate --weights`: least relative error over half of the prompts there.
    # claude is fitted to the tokenizer of Claude 2, the only one that was published; others to both of OpenAI's.
    # A body has more than the prompt, so that `base` and `messages`, which stand for what is around, take off.
    "base": (-11.13, -10.2, -10.29, -10.17),
    "messages": (-2.308, -2.03, -6.258, -2.429),
    "lower": (0.224, 0.203, 0.26, 0.218),
    "upper": (0.036, 0.041, 0.206, 0.04),
    "digits": (0.938, 0.957, 0.979, 0.949),
    "spaces": (0.02, 0.152, 0.005, 0.065),
    "backslashes": (0.767, 0.629, 0.646, 0.722),
    "signs": (0.572, 0.537, 0.561, 0.551),
    "latin": (1.231, 2.24, 2.85, 1.648),
    "greek": (0.465, 1.013, 1.341, 0.61),
    "cyrillic": (0.309, 0.52, 0.647, 0.383),
    "semitic": (0.433, 0.953, 1.12, 0.574),
    "indic": (0.409, 1.064, 1.554, 0.558),
    "latin_more": (0.0, 0.493, 2.053, 0.092),
    "symbols": (2.49, 1.94, 4.04, 2.336),
    "kana": (0.786, 0.965, 1.091, 0.867),
    "han": (0.933, 1.385, 1.371, 1.107),
    "hangul": (0.825, 1.292, 1.492, 0.997),
    "others": (2.263, 2.868, 2.999, 2.541),
}
WEIGHTS = {
    family: Weights(_TABLE["base"][column], tuple(_TABLE[name][column] for name in Extent._fields[:-1]))
    for column, family in enumerate(FAMILIES)
}
_MARKS = re.compile(
    # Names as in tiktoken's model.py, Azure's among them, before or behind what resellers write: `openai/gpt-4o`.
    r"(?P<claude>claude)"
    r"|(?<![a-z0-9])(?:chat)?(?P<o200k>gpt-(?:4o|4\.1|4\.5|5|oss)|o[134](?![a-z0-9]))"
    r"|(?<![a-z0-9])(?P<cl100k>gpt-(?:4|3\.5|35)(?![0-9])|text-embedding-(?:3|ada-002))"
)


def weights_of(model: str) -> Weights:
    """Those of a model's family, by its name at its vendor."""
    found = _MARKS.search(model.lower())
    return WEIGHTS[found.lastgroup if found is not None and found.lastgroup else "others"]
