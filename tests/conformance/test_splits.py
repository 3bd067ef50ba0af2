"""A thousand answers that fail anywhere, cut into pieces anywhere: none is told as a success that is not whole."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from simulator import (
    Anywhere,
    At,
    Behaviour,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Every,
    Fault,
    Filtered,
    GarbageEvent,
    Hang,
    InvalidUtf8,
    Malformed,
    NoDone,
    NoFinish,
    RefusesPrefill,
    Reset,
    SlowFirstToken,
    Split,
    Stall,
)
from tests.conformance import report
from tests.conformance.callers import Callers, Heard, Question
from tests.conformance.case import ANSWER_TOKENS, Caller, Shape
from tests.conformance.perform import answer
from tests.e2e.system import System

RUNS = 1_000
SEED = 20_260_901
AT_ONCE = 32
ALLOWED = 6.0
"""Seconds that a caller allows a request."""
HANG = 60.0
"""Seconds after which nothing more is waited for."""
BYTES = 6_000
"""Of a streamed answer, roughly."""

FAULTS: tuple[Callable[[random.Random, int], Fault], ...] = (
    lambda rng, _: ErrorStatus(status=rng.choice((400, 401, 403, 404, 408, 429, 500, 502, 503, 504, 529))),
    lambda _, __: ErrorBody(),
    lambda _, __: RefusesPrefill(),
    lambda _, __: Reset(),
    lambda _, __: Hang(),
    lambda _, __: SlowFirstToken(),
    lambda _, at: Cut(after_chunks=at, how="closed"),
    lambda _, at: Cut(after_chunks=at, how="ended"),
    lambda _, at: Stall(after_chunks=at),
    lambda _, at: ErrorEvent(after_chunks=at),
    lambda _, at: Malformed(after_chunks=at),
    lambda _, at: InvalidUtf8(after_chunks=at),
    lambda rng, at: GarbageEvent(what=rng.choice(("html", "comments", "types")), after_chunks=at),
    lambda _, __: NoDone(how="open"),
    lambda _, __: NoDone(how="ended"),
    lambda _, __: NoFinish(),
    lambda _, at: Filtered(after_chunks=at),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One of them."""

    number: int
    caller: Caller
    shape: Shape
    pair: bool
    alpha: Behaviour
    beta: Behaviour


def runs(seed: int, count: int) -> Iterator[Run]:
    """The same for the same seed: every fault in turn, everything else drawn."""
    rng = random.Random(seed)
    for number in range(count):
        make = FAULTS[number % len(FAULTS)]
        alpha = _behaviour(rng, make(rng, rng.randint(0, ANSWER_TOKENS)))
        other = rng.choice(FAULTS)(rng, rng.randint(0, ANSWER_TOKENS)) if rng.random() < 0.3 else None
        shape = Shape.STREAM if rng.random() < 0.75 else Shape.WHOLE
        yield Run(number, rng.choice(list(Caller)), shape, rng.random() < 0.5, alpha, _behaviour(rng, other))


def _behaviour(rng: random.Random, fault: Fault | None) -> Behaviour:
    places = tuple(rng.randint(1, BYTES) for _ in range(rng.randint(1, 40)))
    split: Split | None = rng.choice(
        (Every(bytes=1), Every(bytes=rng.randint(2, 50)), Anywhere(), At(bytes=places), None)
    )
    gzip = rng.choice(("never", "never", "accepted", "always"))
    return Behaviour(faults=() if fault is None else (fault,), split=split, gzip=gzip)


async def test_a_thousand_runs_without_a_false_success(
    system: System,
    callers: Callers,
    fresh: dict[str, Iterator[str]],
    record_property: Callable[[str, object], None],
) -> None:
    turn = asyncio.Semaphore(AT_ONCE)
    tally: Counter[str] = Counter()
    wrong: list[str] = []

    async def perform(run: Run) -> None:
        async with turn:
            # Of one target: asked by its own name.
            model = next(fresh["pair"]) if run.pair else f"run-{run.number}"
            for vendor, behaviour in (("alpha", run.alpha), ("beta", run.beta)):
                system.simulator.vendor(vendor).set(model, behaviour)
            asked = Question(model if run.pair else f"alpha/{model}", run.shape, timeout=ALLOWED)
            try:
                async with asyncio.timeout(HANG):
                    heard = await callers.ask(run.caller, asked)
                tally[_verdict(model, heard)] += 1
            except TimeoutError:
                wrong.append(f"hang: {run}")
            except Exception as error:  # noqa: BLE001 - garbage that reached the caller, whatever it breaks
                wrong.append(f"{error!r}: {run}")
            finally:
                for vendor in ("alpha", "beta"):
                    system.simulator.vendor(vendor).clear(model)

    async with asyncio.TaskGroup() as tasks:
        for run in runs(SEED, RUNS):
            tasks.create_task(perform(run))
    counts = ", ".join(f"{name} {count}" for name, count in tally.most_common())
    record_property(f"{report.FIGURE}: {RUNS} faults, split anywhere, seed {SEED}", f"{len(wrong)} wrong; {counts}")
    assert not wrong, "\n".join(wrong)
    assert tally["whole"] > RUNS / 5, "too few were answered to say much"
    assert tally.total() == RUNS


def _verdict(model: str, heard: Heard) -> str:
    """What became of it. Raises AssertionError where that is not right."""
    wholes = [answer(vendor, model) for vendor in ("alpha", "beta")]
    if not heard.succeeded:
        assert heard.code, f"neither success nor error: {heard}"
        assert not heard.done, f"an error told as a success: {heard}"
        assert any(whole.startswith(heard.text) for whole in wholes), f"garbage: {heard}"
        return "error in the stream" if heard.text else "error"
    assert len(heard.ids) == 1, f"ids: {heard}"
    if heard.finish_reason == "content_filter":
        assert any(whole.startswith(heard.text) for whole in wholes), f"garbage: {heard}"
        return "ended by the vendor's filter"
    assert heard.finish_reason == "stop", f"a success without its finish reason: {heard}"
    assert heard.text in wholes, f"false success: {heard}"
    return "continued, whole" if heard.continued is not None else "whole"
