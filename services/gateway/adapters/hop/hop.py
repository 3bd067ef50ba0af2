"""The Hop that the stages ask."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from chassis.addresses import resolve
from chassis.health import Health
from resilience.clock import Clock, Timer
from services.gateway.adapters.hop.dial import Dial
from services.gateway.adapters.hop.replicas import Find, Replicas
from services.gateway.application.ports import Call, Envelope
from services.gateway.domain.configuration import Configuration

CONDITION = "providers"
"""Of readiness: that a replica took a connection. A gateway that loses all of them later stays ready."""
READY_WITHOUT = 30.0
"""Seconds after which it is ready without: other replicas may serve some of the vendors, and the cache answers, too."""


class ProvidersHop:
    """See Hop; an async context manager. It asks those replicas of providers that serve the target's vendor.

    They are at `address`, but for the vendors of which the configuration says another one. `dial` makes a
    connection to a replica; `streams` are kept open to each replica. The ways to addresses are kept: there
    are as many as the operator has deployments. The gateway is not ready before a replica took a connection,
    unless that takes too long.
    """

    def __init__(
        self,
        address: str,
        *,
        dial: Dial,
        configuration: Callable[[], Configuration],
        health: Health,
        clock: Clock,
        streams: int = 1,
        find: Find = resolve,
    ) -> None:
        self._address = address
        self._dial = dial
        self._configuration = configuration
        self._health = health
        self._clock = clock
        self._streams = streams
        self._find = find
        self._ways: dict[str, Replicas] = {}
        self._ready_without: Timer | None = None

    async def call(self, envelope: Envelope) -> Call:
        """See Hop."""
        served_at = self._configuration().served_at.get((envelope.organization, envelope.target.provider))
        return await self._way(served_at or self._address).call(envelope)

    def _way(self, address: str) -> Replicas:
        way = self._ways.get(address)
        if way is None:
            way = self._ways[address] = Replicas(
                address,
                dial=self._dial,
                find=self._find,
                streams=self._streams,
                clock=self._clock,
                opened=self._ready,
            )
        return way

    def _ready(self) -> None:
        self._health.met(CONDITION)

    async def __aenter__(self) -> Self:
        self._health.require(CONDITION, "no replica of providers has taken a connection yet")
        self._ready_without = self._clock.call_later(READY_WITHOUT, self._ready)
        self._way(self._address)  # its streams are open before the first request
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._ready_without is not None:
            self._ready_without.cancel()
        for way in self._ways.values():
            await way.aclose()
