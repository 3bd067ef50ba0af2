"""What is shown of a profile: each stack with its seconds, of CPU, or of waiting too."""

from collections.abc import Iterator

from chassis.profiling.profile import Profile, Stack, Thread

Weighed = tuple[tuple[str, ...], float]
"""Frames, the outermost first, and seconds."""


def weighed(profile: Profile, *, idle: bool) -> Iterator[tuple[str, list[Weighed]]]:
    """The stacks of each thread that has any. `idle`: with those in which it waits."""
    for thread in profile.threads:
        if stacks := list(_of(thread, idle=idle)):
            yield thread.name, stacks


def cpu_seconds(thread: Thread) -> float:
    """What a thread used."""
    return sum(stack.cpu_seconds for stack in thread.stacks)


def _of(thread: Thread, *, idle: bool) -> Iterator[Weighed]:
    for stack in thread.stacks:
        if (seconds := _seconds(stack, idle=idle)) > 0:
            yield stack.frames, seconds


def _seconds(stack: Stack, *, idle: bool) -> float:
    return stack.cpu_seconds + (stack.idle_seconds if idle else 0.0)
