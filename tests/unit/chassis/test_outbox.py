"""What waits for a stream: it leaves together, within bounds, in its order, and nothing is left behind at the end."""

import asyncio

import pytest

from chassis.grpc.outbox import FULL_MESSAGE, Outbox


async def test_what_is_added_while_a_message_is_written_leaves_as_the_next() -> None:
    written: list[list[int]] = []
    outbox = Outbox[list[int]](list)
    writing, written_on = asyncio.Event(), asyncio.Event()

    async def write(message: list[int]) -> None:
        written.append(message)
        writing.set()
        await written_on.wait()

    sending = asyncio.create_task(outbox.send(write))
    outbox.message(1).append(0)
    await writing.wait()
    for number in (1, 2, 3):
        outbox.message(1).append(number)
    assert written == [[0]]
    outbox.close()
    written_on.set()
    await sending
    assert written == [[0], [1, 2, 3]]


@pytest.mark.parametrize(
    ("sizes", "messages"),
    [
        ([FULL_MESSAGE], [1]),
        ([FULL_MESSAGE, 0, 1], [2, 1]),
        ([FULL_MESSAGE - 1, 1, 1], [2, 1]),
        ([2 * FULL_MESSAGE, 0, 2 * FULL_MESSAGE], [1, 1, 1]),
    ],
)
async def test_a_message_closes_before_it_would_be_too_large(sizes: list[int], messages: list[int]) -> None:
    written: list[list[int]] = []
    outbox = Outbox[list[int]](list)
    for size in sizes:
        outbox.message(size).append(size)
    outbox.close()

    async def write(message: list[int]) -> None:
        written.append(message)

    await outbox.send(write)
    assert [len(message) for message in written] == messages
    assert [size for message in written for size in message] == sizes
