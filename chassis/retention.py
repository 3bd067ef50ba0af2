"""How what is older than it is kept goes: a bounded batch at a time, and not all at once."""

from collections.abc import Awaitable, Callable
from datetime import datetime

MOST_BATCHES = 100
"""Batches in one go: the next tick goes on, and a long backlog does not hold the leadership for ever."""


async def in_batches(forget: Callable[[datetime], Awaitable[int]], before: datetime) -> int:
    """Call `forget(before)`, which says how many rows went, until nothing is left to go; how many went in all."""
    total = 0
    for _ in range(MOST_BATCHES):
        gone = await forget(before)
        total += gone
        if gone == 0:
            break
    return total
