"""How a simulated vendor behaves: its speed and capacity, the shape of its answers, and its faults."""

from __future__ import annotations

from random import Random
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulator.answers import Prefill
from simulator.capacity import Capacity
from simulator.faults import Fault
from simulator.functions import Answers
from simulator.latency import Constant, Latency
from simulator.splits import Split

MAX_TOKENS = 100_000


class Behaviour(BaseModel):
    """Behaviour towards the calls of one vendor or of one of its models.

    `first_byte` passes before the response's headers, `between_chunks` before every chunk of a stream but the first.
    Shares of faults add up: 0.1 of resets and 0.2 of errors leave 0.7 of the calls alone.

    `answer`: `tool_call` calls a function even where the request leaves that to the vendor, `tool_calls` several where
    it allows that: each that is offered, a single one twice. `prefill`: what becomes of a request that ends with the
    beginning of an answer: the answer `continues`, `repeats` the beginning first, `ignores` it, or the request is
    refused. `context_window` counts tokens of the prompt; longer ones are refused.

    `split` cuts the body into pieces that leave one by one; `gzip` compresses it where the request accepts it, or
    always. `slots` answers at once, then a `queue`; a call that finds it full is refused with the status `full`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_byte: Latency = Constant()
    between_chunks: Latency = Constant()
    answer_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] = 16
    tokens_per_chunk: Annotated[int, Field(ge=1, le=MAX_TOKENS)] = 1
    answer: Answers = "text"
    prefill: Prefill = "continues"
    context_window: Annotated[int, Field(ge=1)] | None = None
    split: Split | None = None
    gzip: Literal["never", "accepted", "always"] = "never"
    slots: Annotated[int, Field(ge=1, le=MAX_TOKENS)] | None = None
    queue: Annotated[int, Field(ge=0, le=MAX_TOKENS)] = 100
    full: Literal[429, 503, 529] = 503
    faults: Annotated[tuple[Fault, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        # A tenth thrice is a little over 0.3 in floating point; a millionth of a call is nobody's error.
        total = sum(fault.share for fault in self.faults if fault.next_calls is None)
        if total > 1 + 1e-6:
            raise ValueError(f"the shares of faults add up to {total:g}, which is more than 1")
        return self


class ActiveBehaviour:
    """A behaviour in force, with what is left of its `next_calls`, and who is being answered."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.capacity = Capacity(behaviour.slots, behaviour.queue)
        self._counted = [(fault, fault.next_calls) for fault in behaviour.faults if fault.next_calls is not None]
        self._shared = tuple(fault for fault in behaviour.faults if fault.next_calls is None)

    def draw_fault(self, rng: Random, *, stream: bool, prefix: bool = False) -> Fault | None:
        """Return the fault that a new call meets: counted ones first, in order, then one draw over the shares."""
        for index, (fault, left) in enumerate(self._counted):
            if not fault.can_meet(stream=stream, prefix=prefix):
                continue
            if left > 1:
                self._counted[index] = (fault, left - 1)
            else:
                del self._counted[index]
            return fault
        if not self._shared:
            return None
        drawn = rng.random()
        reached = 0.0
        for fault in self._shared:
            reached += fault.share
            if drawn < reached:
                # A fault that a call cannot meet keeps its place in the draw, so that the others' shares stay as said.
                return fault if fault.can_meet(stream=stream, prefix=prefix) else None
        return None
