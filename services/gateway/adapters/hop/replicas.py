"""The replicas at one address: the least busy one is asked."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

import structlog

from chassis.address import split_address
from chassis.tasks import end
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from services.gateway.adapters.hop.call import Call
from services.gateway.adapters.hop.dial import Dial
from services.gateway.adapters.hop.replica import Replica
from services.gateway.adapters.hop.stream import Stream
from services.gateway.application.ports import Envelope

LOOK_EVERY = 5.0
"""Seconds between two looks at which replicas there are, and whether they live."""

Find = Callable[[str], Awaitable[Sequence[str]]]
"""Gives the addresses that a host has now. Raises OSError."""

log = structlog.stdlib.get_logger("hop")


class Replicas:
    """All at `address` (`host:port`): `streams` are kept open to each of the addresses that its host has.

    One that the host no longer names is asked nothing new; what is under way there ends in its time. `opened` is
    called when there is one that takes calls, each time that anything changed.
    """

    def __init__(
        self, address: str, *, dial: Dial, find: Find, streams: int, clock: Clock, opened: Callable[[], None]
    ) -> None:
        self._host, self._port = split_address(address)
        self._dial = dial
        self._find = find
        self._streams = streams
        self._clock = clock
        self._opened = opened
        self._at: dict[str, list[Replica]] = {}
        self._all: list[Replica] = []
        self._turn = 0
        self._leaving: set[asyncio.Task[None]] = set()
        self._looked = False
        self._changed = asyncio.Event()
        self._looking = asyncio.create_task(self._look_on(), name="replicas")

    async def call(self, envelope: Envelope) -> Call:
        """Begin a call at the least busy one. Raises Failure(UNAVAILABLE, retryable) where none takes it."""
        stream = self._least_busy()
        if stream is None:
            stream = await self._first_usable(envelope.timeout)
        return stream.call(envelope)

    async def aclose(self) -> None:
        """End every stream, and the calls that are on it."""
        await end(self._looking)
        for replica in self._all:
            await replica.aclose()
        for task in list(self._leaving):
            await end(task)

    def _least_busy(self) -> Stream | None:
        """Those that are equally busy take turns."""
        best: Stream | None = None
        count = len(self._all)
        self._turn += 1
        for place in range(count):
            stream = self._all[(self._turn + place) % count].stream
            if stream is not None and stream.usable and (best is None or stream.in_flight < best.in_flight):
                best = stream
        return best

    async def _first_usable(self, patience: float) -> Stream:
        """Wait for a stream that is being opened; not for replicas that are away."""
        try:
            async with asyncio.timeout(patience):
                while (stream := self._least_busy()) is None:
                    if self._looked and all(replica.away for replica in self._all):
                        break
                    await self._changed.wait()
                else:
                    return stream
        except TimeoutError:
            pass
        raise Failure(Reason.UNAVAILABLE, "The providers service cannot be reached.", retryable=True)

    async def _look_on(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    self._have(await self._find(self._host))
            except (OSError, TimeoutError) as error:
                if not self._looked:
                    log.warning("the providers service is not found", host=self._host, cause=str(error))
            self._looked = True
            self._tell()
            for replica in self._all:
                replica.look()
            await self._clock.sleep(LOOK_EVERY)

    def _have(self, hosts: Collection[str]) -> None:
        """Keep streams to these and to no others."""
        for host in hosts:
            if host not in self._at:
                address = f"[{host}]:{self._port}" if ":" in host else f"{host}:{self._port}"
                self._at[host] = [Replica(address, self._dial, self._clock, self._tell) for _ in range(self._streams)]
        for host in set(self._at).difference(hosts):
            for replica in self._at.pop(host):
                leaving = asyncio.create_task(self._leave(replica), name="replica")
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)
        self._all = [replica for each in self._at.values() for replica in each]

    async def _leave(self, replica: Replica) -> None:
        try:
            await replica.leave()
        finally:
            await replica.aclose()

    def _tell(self) -> None:
        """Wake who waits for a change."""
        if any(replica.stream for replica in self._all):
            self._opened()
        self._changed.set()
        self._changed = asyncio.Event()
