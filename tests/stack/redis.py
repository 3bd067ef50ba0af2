"""A real Redis for tests."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.stack.choose import Source, given_address, source_of
from tests.stack.container import OwnedContainer
from tests.stack.dependency import Dependency, Server
from tests.stack.ports import free_port
from tests.stack.process import OwnedProcess

IMAGE = "redis:7.4-alpine"
# Every write reaches the operating system before its answer: a killed server comes back with all it acknowledged.
SETTINGS = ["--save", "", "--appendonly", "yes", "--appendfsync", "no"]


class Redis(Dependency):
    """A Redis server at `url`."""

    def __init__(self, url: str, server: Server | None = None) -> None:
        super().__init__(server)
        self.url = url

    async def _answers(self) -> bool:
        at = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        try:
            writer.write(b"PING\r\n")
            return await reader.readline() == b"+PONG\r\n"
        finally:
            writer.close()


@asynccontextmanager
async def shared_redis() -> AsyncIterator[Redis]:
    """The Redis at SEAWALL_TEST_REDIS (a redis:// URL), or one started for the session."""
    if address := given_address("redis"):
        yield Redis(address)
        return
    async with private_redis() as redis:
        yield redis


@asynccontextmanager
async def private_redis() -> AsyncIterator[Redis]:
    """A Redis of the test's own, to stop, kill and start again."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="seawall-redis-") as directory:
        server = await asyncio.to_thread(_server, port, Path(directory))
        redis = Redis(f"redis://127.0.0.1:{port}/0", server)
        try:
            await redis.start()
            yield redis
        finally:
            await redis.discard()


def _server(port: int, directory: Path) -> Server:
    program = shutil.which("redis-server")
    if source_of("redis", {"redis-server": program is not None}) is Source.DOCKER:
        return OwnedContainer("Redis", IMAGE, port=port, inner_port=6379, command=["redis-server", *SETTINGS])
    here = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(directory)]
    return OwnedProcess("Redis", [str(program), *here, *SETTINGS], directory / "redis.log")
