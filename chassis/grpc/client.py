"""How a service calls another: one channel, a deadline on each call, failures as Failure."""

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self, TypeVar

import grpc

from chassis.grpc.status import from_error
from chassis.principal import Principal
from chassis.tracecontext import traceparent

MAX_MESSAGE_BYTES = 32 * 1024 * 1024

MESSAGE_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
)

Q = TypeVar("Q")
A = TypeVar("A")


class Peer:
    """Another service, as an async context manager. Its calls go round-robin over the addresses its name has.

    `address` is `host:port`; in a cluster a headless service's name. Nothing is connected until the first call, and a
    lost connection is made again by itself. `alone`: over a connection that no other peer in this process shares.
    """

    def __init__(self, address: str, *, internal_token: str = "", alone: bool = False) -> None:
        self.channel = grpc.aio.insecure_channel(
            f"dns:///{address}",
            options=[
                *MESSAGE_OPTIONS,
                ("grpc.lb_policy_name", "round_robin"),
                ("grpc.enable_retries", 0),
                ("grpc.keepalive_time_ms", 30_000),
                ("grpc.keepalive_timeout_ms", 5_000),
                ("grpc.initial_reconnect_backoff_ms", 100),
                ("grpc.min_reconnect_backoff_ms", 100),
                ("grpc.max_reconnect_backoff_ms", 1_000),
                ("grpc.use_local_subchannel_pool", int(alone)),
            ],
        )
        self._token = (("x-seawall-token", internal_token),) if internal_token else ()

    def metadata(self, principal: Principal | None = None) -> tuple[tuple[str, str], ...]:
        """What goes with a call: the services' token, the principal, the current trace."""
        trace = traceparent()
        return (
            *self._token,
            *(principal.metadata() if principal else ()),
            *((("traceparent", trace),) if trace else ()),
        )

    async def call(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[Q, A],
        request: Q,
        *,
        timeout: float,  # noqa: ASYNC109 - the RPC's deadline, which travels to the peer
        principal: Principal | None = None,
    ) -> A:
        """Call within `timeout` seconds. Raises Failure."""
        try:
            return await method(request, timeout=timeout, metadata=self.metadata(principal))
        except grpc.aio.AioRpcError as error:
            raise from_error(error) from error

    async def stream(
        self,
        method: grpc.aio.UnaryStreamMultiCallable[Q, A],
        request: Q,
        *,
        timeout: float | None,  # noqa: ASYNC109 - as above
        principal: Principal | None = None,
    ) -> AsyncGenerator[A, None]:
        """Call and yield the answers; closing the iterator cancels the call. Raises Failure."""
        call = method(request, timeout=timeout, metadata=self.metadata(principal))
        try:
            async for answer in call:
                yield answer
        except grpc.aio.AioRpcError as error:
            raise from_error(error) from error
        finally:
            call.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.channel.close()
