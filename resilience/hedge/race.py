"""Two calls for one answer."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from resilience.clock import Clock

T = TypeVar("T")


async def race(
    first: Coroutine[Any, Any, T],
    spare: Callable[[], Coroutine[Any, Any, T] | None],
    *,
    after: float,
    clock: Clock,
) -> T:
    """The result of `first`, or of a spare call that was begun `after` seconds later and came before it.

    `spare` is called at most once, and only where `first` has neither answered nor failed by then; it may return None:
    `first` goes on alone. The first result wins; where one call raises, the other decides; where both do, the error of
    `first` is raised. The loser is cancelled and waited for, and on cancellation from outside so are both: when this
    returns or raises, nothing that it began is under way.
    """
    calls = [asyncio.create_task(first)]
    try:
        if await _ends_within(calls[0], after, clock):
            return calls[0].result()
        other = spare()
        if other is not None:
            calls.append(asyncio.create_task(other))
        return (await _winner(calls)).result()
    finally:
        await _end(calls)


async def _ends_within(call: asyncio.Task[T], seconds: float, clock: Clock) -> bool:
    """Wait for the end of `call`, `seconds` at most; tells whether it ended."""
    woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake(_: object = None) -> None:
        if not woken.done():
            woken.set_result(None)

    call.add_done_callback(wake)
    timer = clock.call_later(seconds, wake)
    try:
        await woken
    finally:
        timer.cancel()
        call.remove_done_callback(wake)
    return call.done()


async def _winner(calls: list[asyncio.Task[T]]) -> asyncio.Task[T]:
    """The call that has a result first; the first call where none has one."""
    running = set(calls)
    while running:
        _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        # In their order, not the set's: where both have come, the first call's answer is the one.
        for call in calls:
            if call not in running and not call.cancelled() and call.exception() is None:
                return call
    return calls[0]


async def _end(calls: list[asyncio.Task[T]]) -> None:
    """Cancel what is under way and wait for it, even while being cancelled again and again."""
    for call in calls:
        call.cancel()
    cancelled: asyncio.CancelledError | None = None
    while running := [call for call in calls if not call.done()]:
        try:
            await asyncio.wait(running)
        except asyncio.CancelledError as error:
            cancelled = error
    for call in calls:
        if not call.cancelled():
            call.exception()  # a loser's error is nobody's: looked at, so that it is not reported as forgotten
    if cancelled is not None:
        raise cancelled
