"""What is asked of a vendor: the end of a conversation, or texts, each written or in tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.answers import CHARACTERS_PER_TOKEN

Text = str | list[int]
Texts = str | list[str | int | list[int]]


def texts_in(given: Texts) -> Sequence[Text]:
    """Return each text; a list of numbers is one."""
    if isinstance(given, str):
        return [given]
    numbers = [one for one in given if isinstance(one, int)]
    return [numbers] if numbers or not given else [one for one in given if not isinstance(one, int)]


def written(text: Text) -> str:
    """Return a text in letters: of one in tokens, their numbers."""
    return text if isinstance(text, str) else " ".join(map(str, text))


def count_tokens(text: Text) -> int:
    """Count the tokens of a text: one for each started 4 characters, at least one."""
    return max(-(-len(text) // CHARACTERS_PER_TOKEN), 1) if isinstance(text, str) else len(text)


def last_said(backwards: Iterable[tuple[str, str]]) -> tuple[str, bool]:
    """Return what was said last to the model, and whether tools said it, given roles and texts, the last one first."""
    said: list[str] = []
    for role, text in backwards:
        if role == "tool":
            said.append(text)
        elif said:
            break
        elif role == "user":
            return text, False
    return " ".join(reversed(said)), bool(said)
