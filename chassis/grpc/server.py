"""The gRPC server of a service."""

import asyncio
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection

from chassis.grpc.client import MESSAGE_OPTIONS
from chassis.grpc.edge import Admit, Edge, services_only
from chassis.health import Health
from chassis.settings import ServiceSettings

GRACE_OF_OLD_CONNECTIONS = 30.0
"""Seconds that a connection past its age may still finish its calls."""


class GrpcServer:
    """Serves while it is entered: the services that `add` registers, grpc.health.v1 and reflection.

    `services`: full names, for health and reflection. `admit`: who may call; Seawall's own services where None. See
    Edge for `traced`. On exit it refuses new calls and lets those under way end within `settings.server_drain`.
    `port` is the bound one.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        health: Health,
        *,
        add: Sequence[Callable[[grpc.aio.Server], None]],
        services: Sequence[str],
        admit: Admit | None = None,
        traced: bool = True,
    ) -> None:
        if admit is None:
            admit = services_only(settings.internal_token.get_secret_value())
        self._drain = settings.server_drain
        self._server = grpc.aio.server(
            interceptors=[Edge(admit=admit, rpc_timeout=settings.rpc_timeout, traced=traced)],
            options=[
                *MESSAGE_OPTIONS,
                ("grpc.max_connection_age_ms", int(settings.max_connection_age * 1000)),
                ("grpc.max_connection_age_grace_ms", int(GRACE_OF_OLD_CONNECTIONS * 1000)),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
                ("grpc.so_reuseport", int(settings.shares_ports)),
            ],
        )
        for register in add:
            register(self._server)
        self._health = health_aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            [*services, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name, reflection.SERVICE_NAME],
            self._server,
        )
        self._services = ("", *services)
        self._readiness = health
        self._updates: set[asyncio.Task[Any]] = set()
        self._address = settings.grpc_address
        self.port = 0

    async def __aenter__(self) -> Self:
        """Listen. Raises OSError where the address cannot be had."""
        try:
            self.port = self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise OSError(f"gRPC cannot listen on {self._address}") from error
        await self._server.start()
        self._readiness.listen(self._tell_readiness)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._server.stop(self._drain)
        await asyncio.gather(*self._updates)

    def _tell_readiness(self, ready: bool) -> None:
        status = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
        task = asyncio.get_running_loop().create_task(self._set(status))
        self._updates.add(task)
        task.add_done_callback(self._updates.discard)

    async def _set(self, status: int) -> None:
        for service in self._services:
            await self._health.set(service, status)
