"""An answer that has begun: what fails after this is an answer that breaks off, before it one that never was."""

from collections.abc import AsyncGenerator, Iterable

import msgspec

from services.gateway.application.ports import Frame

Frames = AsyncGenerator[Frame, None]


class Answer(msgspec.Struct, frozen=True):
    """Its first frame, and those that follow. Close it, whether it was read to its end or not."""

    first: Frame
    rest: Frames | None = None
    """None: the first frame is all of it."""

    async def frames(self) -> Frames:
        """All of them. Raises Failure where the answer breaks off."""
        yield self.first
        if self.rest is not None:
            async for frame in self.rest:
                yield frame

    async def aclose(self) -> None:
        """End the work for what was not read."""
        if self.rest is not None:
            await self.rest.aclose()


async def begun(frames: Frames) -> Answer:
    """The answer that has these frames, once its first is there. Raises what comes instead of it."""
    first = await anext(frames)
    if first.end:
        await frames.aclose()
        return Answer(first)
    return Answer(first, frames)


def known(frames: Iterable[Frame]) -> Answer:
    """The answer that has these frames, the last one with `end`."""
    first, *rest = frames
    return Answer(first, _each(rest) if rest else None)


async def _each(frames: Iterable[Frame]) -> Frames:
    for frame in frames:
        yield frame
