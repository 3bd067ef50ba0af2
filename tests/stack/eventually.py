"""Waiting for a fact to become true, with a deadline, instead of sleeping and hoping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast, overload

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds after which a test gives up on what would be there at once if the machine had nothing else to do."""


@overload
async def eventually(check: Callable[[], Awaitable[T]], within: float = ..., every: float = ...) -> T: ...
@overload
async def eventually(check: Callable[[], T], within: float = ..., every: float = ...) -> T: ...
async def eventually(check: Callable[[], T | Awaitable[T]], within: float = PATIENCE, every: float = 0.05) -> T:
    """Return the first true thing that `check` gives; it is asked again while it raises or gives something false.

    A check made of assertions ends with `return True`: one that returns nothing has not said that anything is so.
    After `within` seconds it fails with the last error, or the last false thing, that the check gave.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            found = await _ask(check, max(deadline - time.monotonic(), every))
            if found:
                return found
            last, cause = f"the check gave {found!r}", None
        except Exception as error:  # noqa: BLE001 - whatever is wrong now may be right on the next try; the last one is reported
            last, cause = f"{type(error).__name__}: {error}", error
        if time.monotonic() >= deadline:
            raise AssertionError(f"not so within {within:g} s; last seen: {last}") from cause
        await asyncio.sleep(every)


async def _ask(check: Callable[[], T | Awaitable[T]], patience: float) -> T:
    found = check()
    if inspect.isawaitable(found):
        return cast("T", await asyncio.wait_for(found, patience))
    return found
