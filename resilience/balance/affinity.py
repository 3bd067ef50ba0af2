"""The same session to the same target, without anybody remembering which: rendezvous hashing."""

import math
from collections.abc import Sequence

from resilience.balance.split import draw


def by_session(session: str, names: Sequence[str], weights: Sequence[float]) -> list[int]:
    """Indices of `names`, the session's own target first, then where it goes when that cannot answer.

    Each target draws a number for the session and the largest wins, so that a target's coming or going moves only the
    sessions that it wins or had won. The draw is -weight / ln(u): a target of twice the weight wins twice the sessions
    (Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005). Targets of no weight come last. `names`
    and `weights` are of one length, and names differ.
    """

    def drawn(index: int) -> float:
        if weights[index] <= 0.0:
            return 0.0
        ticket = draw(f"{session}\0{names[index]}")
        return weights[index] / -math.log(ticket) if ticket < 1.0 else math.inf

    return sorted(range(len(names)), key=lambda index: (-drawn(index), names[index]))
