"""shed: is there room for a request that matters as much as this one? Refused before any work is done for it."""

import math
import random

from resilience.criticality import Criticality
from resilience.errors import Failure, Reason
from services.gateway.application.exchange import Exchange
from services.gateway.domain.pressure import Pressure


class Shed:
    """The stage."""

    def __init__(self, pressure: Pressure, rng: random.Random) -> None:
        self._pressure = pressure
        self._rng = rng

    async def __call__(self, exchange: Exchange) -> None:
        """Say how much the request matters. Raises Failure(OVERLOADED, or PERMISSION_DENIED where it says too much)."""
        exchange.criticality = _criticality(exchange)
        if self._pressure.refuses(exchange.criticality, self._rng.random()):
            raise Failure(
                Reason.OVERLOADED,
                f"The gateway has more to do than it can; requests that are {exchange.criticality.label} must wait.",
                retryable=True,
                retry_after=float(math.ceil(1.0 + self._pressure.lag)),
                detail={"criticality": exchange.criticality.label},
            )


def _criticality(exchange: Exchange) -> Criticality:
    usual, asked = exchange.project.criticality, exchange.options.criticality
    if asked is None:
        return usual
    if asked > usual and not exchange.project.policy_overrides:
        raise Failure(
            Reason.PERMISSION_DENIED,
            f"Requests of project {exchange.principal.project} may not call themselves {asked.label}.",
            detail={"param": "criticality"},
        )
    return asked
