"""Frames between a reader and a writer."""

import asyncio

import pytest

from services.providers.application.backlog import MAX_BATCH_BYTES, MAX_WAITING_BYTES, Backlog
from services.providers.domain.answer import Frame

SMALL = Frame(data=b"x")
LARGE = Frame(data=b"x" * MAX_BATCH_BYTES)


async def test_what_is_ready_together_is_taken_together() -> None:
    backlog = Backlog()
    for _ in range(3):
        backlog.add(SMALL)
    assert await backlog.take() == [SMALL] * 3


async def test_a_batch_is_bounded_and_holds_at_least_one() -> None:
    backlog = Backlog()
    for frame in (SMALL, LARGE, SMALL, SMALL):
        backlog.add(frame)
    assert [await backlog.take() for _ in range(3)] == [[SMALL], [LARGE], [SMALL, SMALL]]


async def test_the_reader_waits_for_room() -> None:
    backlog = Backlog()
    while not (waiting := asyncio.ensure_future(backlog.room())).done():
        backlog.add(LARGE)
        await asyncio.sleep(0)
        if not waiting.done():
            break
    assert not waiting.done()
    taken = 0
    while not waiting.done():
        taken += len((await backlog.take())[0].data)
        await asyncio.sleep(0)
    assert 0 < taken <= MAX_WAITING_BYTES + MAX_BATCH_BYTES


async def test_a_failure_comes_after_the_frames_before_it() -> None:
    backlog = Backlog()
    backlog.add(SMALL)
    backlog.close(ValueError("late"))
    assert await backlog.take() == [SMALL]
    with pytest.raises(ValueError, match="late"):
        await backlog.take()


async def test_a_waiting_writer_learns_of_the_end() -> None:
    backlog = Backlog()
    taking = asyncio.ensure_future(backlog.take())
    await asyncio.sleep(0)
    backlog.close()
    assert await taking == []
