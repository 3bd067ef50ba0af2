"""How soon after a failure the next target's first piece is with the caller, where the failure shows at once."""

from collections.abc import Callable, Iterator
from statistics import median

import pytest

from simulator import Behaviour, Constant, Cut, ErrorStatus, Reset
from tests.conformance import report
from tests.conformance.callers import Callers, Question
from tests.conformance.case import WELL, Caller, Shape
from tests.e2e.system import System

TIMES = 15
MOST = 2.0
"""Seconds, median, on however crowded a machine; 0.3 is aimed at."""
CHUNKS = 5
"""Of alpha's, before a stream is cut."""

pytestmark = pytest.mark.alone

FAULTS = {
    "503": ("pair", Behaviour(faults=(ErrorStatus(status=503),))),
    "500, asked twice": ("pair", Behaviour(faults=(ErrorStatus(status=500),))),
    "reset, asked twice": ("pair", Behaviour(faults=(Reset(),))),
    "refused": ("gone", WELL),
    "401": ("locked", Behaviour(faults=(ErrorStatus(status=401),))),
    "cut stream": (
        "pair",
        Behaviour(between_chunks=Constant(seconds=0.002), faults=(Cut(after_chunks=CHUNKS, how="closed"),)),
    ),
}
"""The kind of model, and how alpha behaves."""


@pytest.mark.parametrize("name", FAULTS)
async def test_rescue_is_quick(
    system: System,
    callers: Callers,
    fresh: dict[str, Iterator[str]],
    name: str,
    record_property: Callable[[str, object], None],
) -> None:
    kind, behaviour = FAULTS[name]
    alpha = system.simulator.vendor("alpha")
    took = []
    for _ in range(TIMES):
        model = next(fresh[kind])
        alpha.set(model, behaviour)
        heard = await callers.ask(Caller.HTTP, Question(model, Shape.STREAM))
        assert heard.succeeded, heard
        failed = [call.finished_at for call in alpha.calls if call.model == model]
        if failed:
            took.append(heard.arrivals[CHUNKS if heard.continued else 0] - failed[0])
        else:
            took.append(heard.seconds)  # nobody noted the failure: the whole answer, then
    figure = f"median {median(took) * 1000:.0f} ms, longest {max(took) * 1000:.0f} ms of {TIMES}"
    record_property(f"{report.FIGURE}: rescue after {name}", figure)
    assert median(took) < MOST
