"""What a profile of a process tells, of threads whose doings are known."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from chassis.profiling import sampler
from chassis.profiling.profile import Thread
from chassis.profiling.sampler import BETWEEN, BEYOND, Sampler


@contextmanager
def threads(**doing: Callable[[], object]) -> Iterator[None]:
    running = [threading.Thread(name=name, target=work) for name, work in doing.items()]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        for thread in running:
            thread.join()


class Busy:
    """Something that computes in one function, by way of another, until it is told to end."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def outer(self) -> None:
        while not self.over.is_set():
            self.inner()

    def inner(self) -> int:
        return sum(range(2000))

    def wait(self) -> None:
        self.over.wait()


def profile(busy: Busy, **doing: Callable[[], object]) -> dict[str, Thread]:
    profiled = Sampler(rate=500, rng=random.Random(1))
    with threads(**doing):
        try:
            profiled.run(0.5)
        finally:
            busy.over.set()
    assert profiled.samples > 0
    return {thread.name: thread for thread in profiled.threads()}


def test_a_thread_that_computes_has_its_cpu_where_it_computes() -> None:
    busy = Busy()
    found = profile(busy, computes=busy.outer)["computes"]
    of_inner = sum(stack.cpu_seconds for stack in found.stacks if f"{__name__}.Busy.inner" in stack.frames)
    assert of_inner > 0.5 * sum(stack.cpu_seconds for stack in found.stacks) > 0.0
    assert all(
        stack.frames.index(f"{__name__}.Busy.outer") < stack.frames.index(f"{__name__}.Busy.inner")
        for stack in found.stacks
        if f"{__name__}.Busy.inner" in stack.frames
    )


def test_a_thread_that_waits_is_idle_beside_one_that_computes() -> None:
    busy = Busy()
    found = profile(busy, computes=busy.outer, waits=busy.wait)
    waits, computes = (
        (
            sum(stack.cpu_seconds for stack in found[name].stacks),
            sum(stack.idle_seconds for stack in found[name].stacks),
        )
        for name in ("waits", "computes")
    )
    assert waits[1] > waits[0]
    assert computes[0] > waits[0]
    assert next(stack.frames for stack in found["waits"].stacks if stack.idle_seconds)[-1] == "threading.Condition.wait"


def test_the_thread_that_samples_is_not_in_its_profile() -> None:
    busy = Busy()
    assert threading.current_thread().name not in profile(busy, computes=busy.outer)


def test_stacks_beyond_the_most_that_are_told_apart_are_counted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "MAX_STACKS", 1)
    busy = Busy()

    def many() -> None:
        while not busy.over.is_set():
            busy.inner()
            sorted(range(500), key=lambda number: -number)

    found = profile(busy, computes=many)["computes"]
    assert BEYOND in {stack.frames[0] for stack in found.stacks}
    told_apart = {tuple(frame for frame in stack.frames if frame != BETWEEN) for stack in found.stacks}
    assert len(told_apart - {(BEYOND,)}) == 1


def test_a_profile_that_is_stopped_ends() -> None:
    profiled = Sampler(rate=1000, rng=random.Random(1))
    profiled.stop()
    profiled.run(3600.0)
    assert profiled.samples == 0
