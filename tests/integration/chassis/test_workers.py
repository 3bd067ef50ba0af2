"""Workers of a service, as real processes: kept while the service is to run, and ended with it."""

import asyncio
import json
import os
import re
import signal
import socket
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyqwest
import pytest

from chassis.workers.supervisor import MOST_DEATHS
from tests.stack.eventually import PATIENCE, eventually
from tests.stack.ports import free_port
from tests.stack.process import leash

PROGRAM = """
    import os
    if os.environ.get("TRY") == "dying" and "SEAWALL_WORKER" in os.environ:
        raise SystemExit(3)

    from chassis.workers.supervisor import supervise
    from chassis.workers.settings import WorkersSettings

    class Settings(WorkersSettings):
        pass

    supervise("tried", Settings)

    from opentelemetry import metrics
    from chassis.http import HttpServer
    from chassis.lifecycle import run
    from chassis.pages import pages
    from chassis.workers.metrics import SharedMetrics

    async def build(settings, service):
        shared = await service.stack.enter_async_context(SharedMetrics(settings))
        meter = metrics.get_meter("tried")
        meter.create_counter("tried.count").add(1 + (settings.worker or 0))
        meter.create_up_down_counter("tried.now").add(1)
        app = pages(service.health, shared.page)
        address = settings.http_address
        await service.stack.enter_async_context(HttpServer(app, address, drain=1, reuse_port=settings.shares_ports))

    run("tried", Settings, build)
"""


@dataclass
class Service:
    """The process that keeps the workers, and the lines that all of them log."""

    child: asyncio.subprocess.Process
    port: int
    lines: list[dict[str, Any]] = field(default_factory=list)
    said: str = ""

    async def follow(self) -> None:
        assert self.child.stderr is not None
        async for line in self.child.stderr:
            self.said += line.decode()
            if line.startswith(b"{"):
                self.lines.append(json.loads(line))

    def told(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]

    async def tells(self, event: str, times: int = 1) -> list[dict[str, Any]]:
        try:
            await eventually(lambda: len(self.told(event)) >= times)
        except AssertionError as error:
            raise AssertionError(f"{event}: {error}; it said:\n{self.said}") from error
        return self.told(event)

    def workers(self) -> dict[int, int]:
        """Worker → process id, of those started last."""
        return {line["worker"]: line["pid"] for line in self.told("worker started")}

    async def metric(self, name: str) -> float | None:
        client = pyqwest.Client(pyqwest.HTTPTransport(timeout=PATIENCE))
        page = (await client.get(f"http://127.0.0.1:{self.port}/metrics", {"connection": "close"})).content.decode()
        found = re.search(rf"^{name}(?:\{{.*\}})? ([0-9.e+]+)$", page, re.MULTILINE)
        return float(found.group(1)) if found else None

    async def ends(self) -> int:
        return await asyncio.wait_for(self.child.wait(), PATIENCE)


@asynccontextmanager
async def started(
    directory: Path, *arguments: str, module: str | None = None, **environment: str
) -> AsyncIterator[Service]:
    """PROGRAM, or `module` where one is named."""
    port = free_port()
    child = await asyncio.create_subprocess_exec(
        *leash(),
        sys.executable,
        *(("-m", module) if module else ("-c", textwrap.dedent(PROGRAM))),
        *arguments,
        env={
            **os.environ,
            "SEAWALL_HTTP_ADDRESS": f"127.0.0.1:{port}",
            "SEAWALL_GRPC_ADDRESS": f"127.0.0.1:{free_port()}",
            "SEAWALL_DATA_DIR": str(directory),
            "SEAWALL_DRAIN_TIMEOUT": "5",
            **environment,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    service = Service(child, port)
    following = asyncio.create_task(service.follow())
    try:
        yield service
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        await asyncio.wait_for(following, PATIENCE)  # the pipe ends with the last of the workers


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_workers_serve_one_port_count_together_and_end_when_told(tmp_path: Path) -> None:
    async with started(tmp_path, "--workers", "3") as service:
        await service.tells("started", 3)
        assert sorted(service.workers()) == [0, 1, 2]
        for _ in range(5):
            assert await service.metric("tried_count_total") == 1 + 2 + 3
            assert await service.metric("tried_now") == 3
        service.child.send_signal(signal.SIGTERM)
        assert await service.ends() == 0
    assert sorted(line["worker"] for line in service.told("stopped")) == [0, 1, 2]
    assert not any(alive(pid) for pid in service.workers().values())


async def test_one_worker_alone_is_the_service_itself(tmp_path: Path) -> None:
    async with started(tmp_path, "--workers", "1", SEAWALL_WORKERS="3") as service:
        await service.tells("started")
        assert service.workers() == {}
        assert await service.metric("tried_count_total") == 1
        service.child.terminate()
        assert await service.ends() == 0


async def test_a_worker_that_dies_is_started_again_and_what_it_had_counted_is_counted_on(tmp_path: Path) -> None:
    async with started(tmp_path, SEAWALL_WORKERS="2") as service:
        await service.tells("started", 2)
        assert await service.metric("tried_count_total") == 3
        os.kill(service.workers()[1], signal.SIGKILL)
        died = await service.tells("a worker died")
        assert (died[0]["worker"], died[0]["status"]) == (1, -signal.SIGKILL)
        assert await eventually(lambda: service.metric("tried_count_total")) in (3, 5)
        await service.tells("started", 3)
        for _ in range(5):
            assert await service.metric("tried_count_total") == 1 + 2 * 2
            assert await service.metric("tried_now") == 2


async def test_a_worker_that_dies_at_once_again_and_again_ends_the_service(tmp_path: Path) -> None:
    async with started(tmp_path, SEAWALL_WORKERS="2", TRY="dying") as service:
        assert await service.ends() == 1
    by_worker = [line["worker"] for line in service.told("worker started")]
    assert max(by_worker.count(worker) for worker in (0, 1)) == MOST_DEATHS
    assert service.told("a worker cannot live; the service ends")


async def test_workers_end_with_the_process_that_keeps_them_however_it_ends(tmp_path: Path) -> None:
    async with started(tmp_path, SEAWALL_WORKERS="2") as service:
        await service.tells("started", 2)
        service.child.kill()
        await service.tells("stopped", 2)
        await eventually(lambda: not any(alive(pid) for pid in service.workers().values()))


@pytest.mark.parametrize("address_of", ["HTTP", "GRPC", "HOP"])
async def test_workers_share_no_port_with_a_stranger(tmp_path: Path, address_of: str) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as stranger:
        address = f"127.0.0.1:{stranger.getsockname()[1]}"
        taken = {f"SEAWALL_{address_of}_ADDRESS": address}
        async with started(tmp_path, "--workers", "2", module="services.providers", **taken) as service:
            assert await service.ends() == 1
    assert service.told("workers cannot listen")[0]["address"] == address
    assert service.told("worker started") == []


@pytest.mark.parametrize(
    ("variable", "value", "workers"),
    [("SEAWALL_WORKERS", "0", "0"), ("SEAWALL_WORKERS", "2", "many"), ("SEAWALL_GRPC_ADDRESS", "127.0.0.1:0", "2")],
)
async def test_wrong_settings_are_told_once_and_not_by_each_worker(
    tmp_path: Path, variable: str, value: str, workers: str
) -> None:
    async with started(tmp_path, "--workers", workers, **{variable: value}) as service:
        assert await service.ends() == 2
    assert service.said.count("SEAWALL_WORKERS: ") == 1
