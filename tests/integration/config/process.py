"""`python -m services.config` as a process of its own."""

import asyncio
import os
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chassis.grpc.client import Peer
from seawall.config.v1.config_pb2_grpc import ConfigServiceStub
from tests.integration.config.running import NO_KAFKA, OWNER, PEPPER
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.ports import free_port
from tests.stack.process import OwnedProcess

"""Seconds for the process to start on a busy machine."""


COMMAND = [sys.executable, "-m", "services.config"]


class ConfigProcess:
    """The process and its doors."""

    def __init__(self, directory: Path, **settings: str) -> None:
        grpc, self._http = free_port(), free_port()
        doors = {"grpc_address": f"127.0.0.1:{grpc}", "http_address": f"127.0.0.1:{self._http}"}
        environment = _environment(directory, **doors, **settings)
        self.process = OwnedProcess("config", COMMAND, directory / "config.log", environment=environment)
        self.peer = Peer(f"127.0.0.1:{grpc}")

    async def status(self, path: str) -> int:
        """The HTTP status of a page; 0 while nothing listens."""
        return await asyncio.to_thread(_status, f"http://127.0.0.1:{self._http}{path}")

    async def becomes(self, path: str, status: int) -> None:
        """Return once a page has that status."""

        async def check() -> bool:
            return await self.status(path) == status

        await eventually(check)

    async def serves(self) -> None:
        """Return once the process is ready and its caller is connected: gRPC waits a while before it tries again."""
        await self.becomes("/health/ready", 200)
        await asyncio.wait_for(self.peer.channel.channel_ready(), PATIENCE)

    async def call(self, method: str, request: Any) -> Any:
        """Call an RPC of ConfigService as the owner. Raises Failure."""
        return await self.peer.call(
            getattr(ConfigServiceStub(self.peer.channel), method), request, timeout=PATIENCE, principal=OWNER
        )


@asynccontextmanager
async def process(directory: Path, **settings: str) -> AsyncIterator[ConfigProcess]:
    """The process, started; discarded at the end."""
    config = ConfigProcess(directory, **settings)
    await config.process.start()
    try:
        yield config
    except BaseException:
        print(config.process.last_words())
        raise
    finally:
        await config.peer.channel.close()
        await config.process.discard()


async def ended(directory: Path, **settings: str) -> tuple[int, str]:
    """Exit code and output of a process that ends by itself."""
    doors = {"grpc_address": "127.0.0.1:0", "http_address": "127.0.0.1:0"}
    child = await asyncio.create_subprocess_exec(
        *COMMAND,
        env=_environment(directory, **doors, **settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(child.communicate(), PATIENCE)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return child.returncode or 0, output.decode()


def _environment(directory: Path, **settings: str) -> dict[str, str]:
    given = {
        "data_dir": str(directory),
        "key_pepper": PEPPER,
        "kafka_bootstrap": NO_KAFKA,
        "drain_timeout": "5",
        **settings,
    }
    return {**os.environ, **{f"SEAWALL_{name.upper()}": value for name, value in given.items()}}


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
