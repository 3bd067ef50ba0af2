"""Answers that all gateways keep together, in Redis."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import astuple

from resilience.clock import Clock
from services.gateway.adapters.memory_answers import MAX_ANSWER_BYTES, MemoryAnswers
from services.gateway.adapters.redis_link import RedisAwayError, RedisLink
from services.gateway.application.answers import StoredAnswer
from services.gateway.application.ports import Frame
from services.gateway.domain.usage import Usage

PREFIX = "seawall:answer:2:"
"""The number is the encoding's."""


class _Frame(msgspec.Struct, array_like=True):
    data: bytes
    text: str
    finish_reason: str
    usage: tuple[int, ...] | None
    end: bool
    dropped: tuple[str, ...]


class _Answer(msgspec.Struct, array_like=True):
    stored_at: float
    """Seconds since 1970."""
    frames: list[_Frame]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Answer)


class RedisAnswers:
    """An AnswerStore. How much is kept is for Redis to say: run it with `maxmemory` and an LRU policy.

    While Redis is away, each gateway keeps answers for itself. What cannot be read is not there.
    """

    def __init__(self, link: RedisLink, clock: Clock) -> None:
        self._link = link
        self._local = MemoryAnswers(clock)

    async def find(self, key: str) -> StoredAnswer | None:
        """See AnswerStore."""
        try:
            found: Any = await self._link.ask(lambda: self._link.redis.get(PREFIX + key))
        except RedisAwayError:
            return await self._local.find(key)
        try:
            return None if found is None else _read(_decoder.decode(found))
        except (msgspec.MsgspecError, ValueError, OverflowError):
            return None

    async def keep(self, key: str, answer: StoredAnswer, ttl: float) -> None:
        """See AnswerStore."""
        written = _encoder.encode(_write(answer))
        if len(written) > MAX_ANSWER_BYTES:
            return
        try:
            await self._link.ask(lambda: self._link.redis.set(PREFIX + key, written, px=max(1, round(ttl * 1000))))
        except RedisAwayError:
            await self._local.keep(key, answer, ttl)


def _write(answer: StoredAnswer) -> _Answer:
    return _Answer(
        answer.stored_at.timestamp(),
        [
            _Frame(frame.data, frame.text, frame.finish_reason, _usage(frame.usage), frame.end, frame.dropped)
            for frame in answer.frames
        ],
    )


def _usage(usage: Usage | None) -> tuple[int, ...] | None:
    return None if usage is None else astuple(usage)


def _read(answer: _Answer) -> StoredAnswer:
    return StoredAnswer(
        tuple(
            Frame(
                frame.data,
                frame.text,
                frame.finish_reason,
                None if frame.usage is None else Usage(*frame.usage),
                frame.end,
                frame.dropped,
            )
            for frame in answer.frames
        ),
        datetime.fromtimestamp(answer.stored_at, UTC),
    )
