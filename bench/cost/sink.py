"""A receiver of OTLP that throws away what it gets, so that traces and metrics are really sent.

In a process of its own, `python -m bench.cost.sink`; its address is the one line that it prints.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from bench.processes import announced, spawned


class _Everything(grpc.GenericRpcHandler):
    """Answers every unary RPC with an empty message, which is what a collector says that took all."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """See grpc.GenericRpcHandler."""
        return grpc.unary_unary_rpc_method_handler(_take)


async def _take(_request: bytes, _context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
    return b""


@asynccontextmanager
async def sink() -> AsyncIterator[str]:
    """The URL of one that runs."""
    async with spawned(sys.executable, "-m", "bench.cost.sink", output=subprocess.PIPE) as process:
        yield await announced(process)


async def _main() -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Everything(),))
    print(f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}", flush=True)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_main())
