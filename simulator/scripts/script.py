"""What happens to simulated vendors, and when: a list of steps on one line of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulator.access import Access, Text
from simulator.behaviour import Behaviour

MAX_STEPS = 100_000
SHORTEST_ROUND = 0.05
Moment = Annotated[float, Field(ge=0, le=604_800, allow_inf_nan=False)]


class Step(BaseModel):
    """One thing that happens `at` seconds after the start, to one vendor, or to all where none is named.

    It is one of: a `behaviour` is in force, towards one `model` or as the vendor's own; the same is forgotten
    (`clear`); the vendor goes `down` or `up`; its `access` changes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Moment
    vendor: Text | None = None
    model: Text | None = None
    behaviour: Behaviour | None = None
    clear: Literal[True] | None = None
    down: Literal[True] | None = None
    up: Literal[True] | None = None
    access: Access | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        things = ("behaviour", "clear", "down", "up", "access")
        said = [thing for thing in things if getattr(self, thing) is not None]
        if len(said) != 1:
            raise ValueError(f"give exactly one of {', '.join(things)}, not {' and '.join(said) or 'none'}")
        if self.model is not None and said[0] not in {"behaviour", "clear"}:
            raise ValueError(f"{said[0]} is of the whole vendor: give no model")
        return self


class Script(BaseModel):
    """Steps, in any order; those at the same time happen in theirs.

    With `repeat_every` they start again every so many seconds. After `duration` seconds the vendors are healed: up, and
    with no behaviour but the default. Without it the script ends with its last step, and all stays as that left it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(max_length=100)] = ""
    about: Annotated[str, Field(max_length=2000)] = ""
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MAX_STEPS)]
    repeat_every: Annotated[float, Field(ge=SHORTEST_ROUND, le=604_800)] | None = None
    duration: Annotated[float, Field(gt=0, le=604_800)] | None = None

    @model_validator(mode="after")
    def _fits_its_round(self) -> Self:
        last = max(step.at for step in self.steps)
        if self.repeat_every is not None and last > self.repeat_every:
            raise ValueError(f"a step at {last:g} comes after the next round has begun, at {self.repeat_every:g}")
        return self

    def schedule(self) -> Iterator[tuple[float, Step]]:
        """Yield the steps with their times since the start, ascending; without end where they repeat for ever."""
        ordered = sorted(self.steps, key=lambda step: step.at)
        for turn in count():
            for step in ordered:
                when = turn * (self.repeat_every or 0) + step.at
                if self.duration is not None and when >= self.duration:
                    return
                yield when, step
            if self.repeat_every is None:
                return

    def parts(self, vendors: Iterable[str]) -> dict[str, Script]:
        """Return each vendor's part of the script; raises UnknownVendorError where a step names none of them."""
        names = tuple(vendors)
        for number, step in enumerate(self.steps):
            if step.vendor is not None and step.vendor not in names:
                raise UnknownVendorError(number, step.vendor, names)
        parts: dict[str, Script] = {}
        for name in names:
            own = tuple(step for step in self.steps if step.vendor in {None, name})
            if own:
                parts[name] = self.model_copy(update={"steps": own})
        return parts


class UnknownVendorError(ValueError):
    """A step is for a vendor that is not there, or not the one that the script is for."""

    def __init__(self, step: int, vendor: str, names: tuple[str, ...]) -> None:
        super().__init__(f"steps.{step}.vendor: {vendor!r} is none of: {', '.join(names)}")
        self.field = f"steps.{step}.vendor"
