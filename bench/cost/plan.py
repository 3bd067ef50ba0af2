"""The phases in their order, and how long each is in a short and in a full run."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bench.cost.bench import Bench, Length
from bench.cost.figures import Figures
from bench.cost.phases.features import features
from bench.cost.phases.grpc import grpc_callers
from bench.cost.phases.http import long_prompts, saturation, streaming
from bench.cost.phases.memory import idle_memory, memory_over_time
from bench.cost.phases.rates import at_50, at_200
from bench.cost.phases.slow import slow_streams
from bench.cost.phases.workers import scaling


@dataclass(frozen=True)
class Phase:
    """One kind of load."""

    name: str
    measure: Callable[[Bench, Length], Awaitable[Figures]]
    short: Length | None
    """None where a short run leaves it out."""
    full: Length


PHASES = (
    Phase("idle memory", idle_memory, Length(1), Length(1)),
    Phase("50/s", at_50, Length(3, 3.0), Length(10, 8.0)),
    Phase("200/s", at_200, Length(3, 4.0), Length(10, 8.0)),
    Phase("saturation", saturation, Length(3, 3.0), Length(10, 6.0)),
    Phase("streaming", streaming, Length(3, 2.0), Length(10, 5.0)),
    Phase("long prompts", long_prompts, Length(3, 2.0), Length(10, 4.0)),
    Phase("slow streams", slow_streams, Length(1), Length(10)),
    Phase("features", features, None, Length(10, 2.0)),
    Phase("memory over time", memory_over_time, None, Length(1, requests=1_000_000)),
    Phase("scaling", scaling, None, Length(10, 4.0, workers=(1, 2))),
    Phase("gRPC callers", grpc_callers, Length(3, 2.0), Length(10, 4.0)),
)
"""Rates come first: nothing that load left behind is still being worked off. gRPC comes last: its threads, once there
are any in the bench, should not be there when further systems are started."""
