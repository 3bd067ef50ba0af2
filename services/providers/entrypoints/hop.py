"""The hop: where gateways' connections are taken, each of which carries many calls."""

import asyncio
import hmac
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

from chassis.address import split_address
from chassis.grpc.client import MAX_MESSAGE_BYTES
from chassis.link import Link
from chassis.tasks import end
from resilience.clock import Clock
from resilience.errors import Failure, Reason
from seawall.providers.v1.hop_pb2 import FromGateway, FromProviders
from services.providers.entrypoints.carry import Carried, ProvidersLink
from services.providers.entrypoints.wire import write_failure

log = structlog.stdlib.get_logger("hop")

OPENING = 3.0
"""Seconds for a gateway to show its token."""
FIRST_MESSAGE_BYTES = 16 * 1024
"""What is read of those who have shown nothing yet."""
BACKLOG = 512
"""Connections that the kernel holds for us."""


class HopServer:
    """Takes connections while it is entered, from those who show `token`; from anybody where it is empty.

    They are asked to end after `max_age` seconds, so that gateways come to new replicas, too. On exit all are, and
    calls under way may end within `drain` seconds; then they are cut off. `port` is the bound one. `reuse_port`: other
    processes may listen at the same address.
    """

    def __init__(
        self,
        address: str,
        carry: Callable[[ProvidersLink], Carried],
        *,
        token: str,
        max_age: float,
        drain: float,
        clock: Clock,
        reuse_port: bool = False,
    ) -> None:
        self._host, self.port = split_address(address)
        self._carry = carry
        self._token = token.encode()
        self._max_age = max_age
        self._drain = drain
        self._clock = clock
        self._reuse_port = reuse_port
        self._listener: asyncio.Server | None = None
        self._serving: dict[asyncio.Task[None], _Connection] = {}

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError where the address cannot be had."""
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._take, self._host, self.port, backlog=BACKLOG, reuse_port=self._reuse_port
            )
        except OSError as error:
            raise OSError(f"the hop cannot listen on {self._host}:{self.port}") from error
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._listener is None:
            return
        self._listener.close()
        for connection in self._serving.values():
            connection.drain()
        if self._serving:
            await asyncio.wait(tuple(self._serving), timeout=self._drain)
        if self._serving:
            log.warning("calls are cut off", connections=len(self._serving))
        for task in tuple(self._serving):
            await end(task)
        await self._listener.wait_closed()

    def _take(self) -> ProvidersLink:
        connection = _Connection(self._carry, self._token)
        task = asyncio.create_task(connection.run(self._clock, self._max_age), name="hop")
        self._serving[task] = connection
        task.add_done_callback(self._left)
        return connection.link

    def _left(self, task: asyncio.Task[None]) -> None:
        del self._serving[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a connection of the hop failed", exc_info=error)


class _Connection:
    """Run it once."""

    def __init__(self, carry: Callable[[ProvidersLink], Carried], token: bytes) -> None:
        self._token = token
        self._admitted = asyncio.Event()
        self._ended = asyncio.Event()
        self.link: ProvidersLink = Link(
            FromProviders, FromGateway, most=FIRST_MESSAGE_BYTES, heard=self._heard, lost=self._lost
        )
        self._carried = carry(self.link)

    async def run(self, clock: Clock, max_age: float) -> None:
        """Serve until it has ended and its calls, too."""
        retiring = clock.call_later(max_age, self.drain)
        try:
            await self._show_token()
            await self._ended.wait()
        finally:
            retiring.cancel()
            self.link.abort("it was cut off")
            self._carried.cancel()
            await self._carried.idle.wait()

    def drain(self) -> None:
        """Have the gateway begin its calls elsewhere."""
        if self._admitted.is_set():
            self.link.message(0).draining = True
        else:
            self.link.abort("nobody showed a token in time")

    async def _show_token(self) -> None:
        try:
            async with asyncio.timeout(OPENING):
                await self._admitted.wait()
        except TimeoutError:
            self.link.abort("nobody showed a token in time")

    def _heard(self, message: FromGateway) -> None:
        if self._admitted.is_set():
            self._carried.heard(message)
        elif self._token and not hmac.compare_digest(message.token.encode(), self._token):
            refused = Failure(Reason.UNAUTHENTICATED, "The connection does not show the services' token.")
            write_failure(refused, self.link.message(0).refusal)
            self.link.close()
        else:
            self._admitted.set()
            self.link.most = MAX_MESSAGE_BYTES
            self.link.message(0)  # it is taken

    def _lost(self, cause: str) -> None:
        log.debug("a gateway's connection ended", cause=cause)
        self._admitted.set()
        self._ended.set()
