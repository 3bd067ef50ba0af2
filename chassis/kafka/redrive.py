"""Puts dead letters back on their topic, once whatever could not process them has been put right."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec import structs

from chassis.kafka.dead_letters import DeadLetter, read_letter
from chassis.kafka.producer import Producer
from events.base import Event
from events.cloudevents import Record
from events.topics import Topic

GROUP = "seawall-redrive"
"""Whose committed offsets tell which letters were put back."""
READ_TIMEOUT = 10.0
"""Seconds for Kafka to give a record that it says it has."""


class DeadLetters:
    """The dead letters of one topic, as an async context manager; everything raises KafkaError, OSError, TimeoutError.

    A letter waits until GROUP has committed it.
    """

    def __init__(self, bootstrap: str, topic: Topic[Event]) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._reader = self._consumer(topic.dead_letters, group=None)
        self._book = self._consumer(group=GROUP)

    async def __aenter__(self) -> Self:
        try:
            await self._reader.start()
            await self._book.start()
            self._book.assign(list(self._reader.assignment()))
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._book.stop()
        await self._reader.stop()

    async def letters(self, *, limit: int | None = None, from_start: bool = False) -> AsyncGenerator[DeadLetter, None]:
        """Those that wait now, by partition, the oldest first; on request also those that were put back."""
        ends = await self._reader.end_offsets(list(self._reader.assignment()))
        given = 0
        for partition, end in sorted(ends.items()):
            await self._reader.seek_to_beginning(partition)
            done = None if from_start else await self._book.committed(partition)
            if done is not None and done > await self._reader.position(partition):
                self._reader.seek(partition, done)
            while await self._reader.position(partition) < end and given != limit:
                async with asyncio.timeout(READ_TIMEOUT):
                    record = await self._reader.getone(partition)
                given += 1
                yield read_letter(record)

    async def redrive(self, *, limit: int | None = None) -> AsyncGenerator[tuple[DeadLetter, bool], None]:
        """Put back those that wait; yields each, and whether its record could be had.

        A record goes back with the key, headers and value that it had, and so with its CloudEvents id: other consumers
        of the topic know it again, and the one that is under way when this is cut off may go twice. It cannot be had
        where it was too large for a letter and its topic no longer keeps it. Raises Failure where Kafka does not take
        a record; that one still waits.
        """
        producer = Producer(self._bootstrap, client_id=GROUP)
        await producer.connect()
        try:
            async with aclosing(self.letters(limit=limit)) as letters:
                async for letter in letters:
                    record = await self._original(letter)
                    if record is not None:
                        await producer.publish([record])
                    place = TopicPartition(self._topic.dead_letters, letter.partition)
                    await self._book.commit({place: letter.offset + 1})
                    yield letter, record is not None
        finally:
            await producer.close()

    async def _original(self, letter: DeadLetter) -> Record | None:
        """The record as it was; from its topic where the letter could not hold it."""
        if not letter.left_out:
            return letter.record
        partition, offset = letter.origin
        place = TopicPartition(self._topic.name, partition)
        topic = self._consumer(self._topic.name, group=None)
        await topic.start()
        try:
            if place not in topic.assignment():
                return None
            first, end = (await topic.beginning_offsets([place]))[place], (await topic.end_offsets([place]))[place]
            if not first <= offset < end:
                return None
            topic.seek(place, offset)
            async with asyncio.timeout(READ_TIMEOUT):
                record = await topic.getone(place)
        finally:
            await topic.stop()
        return structs.replace(letter.record, value=record.value or b"") if record.offset == offset else None

    def _consumer(self, *topics: str, group: str | None) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            *topics,
            bootstrap_servers=self._bootstrap.split(","),
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            client_id=GROUP,
        )
