"""Distributions of time that a simulated vendor takes, in seconds."""

from __future__ import annotations

import math
from random import Random
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]


class Constant(BaseModel):
    """Always the same time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["constant"] = "constant"
    seconds: Seconds = 0.0

    def draw(self, rng: Random) -> float:  # noqa: ARG002 - a constant draws nothing, so a seed's other draws stay put
        """Return the time in seconds."""
        return self.seconds


class Uniform(BaseModel):
    """Any time from `low` to `high`, all equally likely."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["uniform"] = "uniform"
    low: Seconds
    high: Seconds

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) must not be above high ({self.high})")
        return self

    def draw(self, rng: Random) -> float:
        """Return one time in seconds."""
        return rng.uniform(self.low, self.high)


class Lognormal(BaseModel):
    """A long-tailed time: half the draws are under `median`; p99 is `median * exp(2.326 * sigma)`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["lognormal"] = "lognormal"
    median: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
    sigma: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]

    def draw(self, rng: Random) -> float:
        """Return one time in seconds."""
        return rng.lognormvariate(math.log(self.median), self.sigma)


def _constant(given: object) -> object:
    return {"kind": "constant", "seconds": given} if isinstance(given, int | float) else given


Latency = Annotated[
    Annotated[Constant | Uniform | Lognormal, Field(discriminator="kind")],
    BeforeValidator(_constant),
]
"""A distribution; a number alone is always that many seconds."""
