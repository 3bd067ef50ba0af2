"""The life of a service, as a real process."""

import asyncio
import json
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.stack.eventually import PATIENCE

PROGRAM = """
    import asyncio, os, sys
    from chassis.http import HttpServer
    from chassis.lifecycle import run
    from chassis.pages import pages
    from chassis.settings import ServiceSettings

    class Settings(ServiceSettings):
        grpc_address: str = "127.0.0.1:0"
        http_address: str = "127.0.0.1:0"

    def say(word):
        print(word, flush=True)

    async def fail():
        await asyncio.sleep(0.1)
        raise RuntimeError("it broke")

    async def hang():
        await asyncio.sleep(60)

    async def build(settings, service):
        async def close(what):
            say(f"closed {what}")
        service.stack.push_async_callback(close, "store")
        server = HttpServer(pages(service.health), settings.http_address, drain=1)
        await service.stack.enter_async_context(server)
        service.stack.push_async_callback(close, "intake")
        service.health.listen(lambda ready: say(f"ready {ready}"))
        match os.environ.get("TRY"):
            case "failing task":
                service.background.start("doomed", fail)
            case "failing build":
                raise OSError("no such place")
            case "hanging close":
                service.stack.push_async_callback(hang)

    run("tried", Settings, build)
"""


@dataclass
class Process:
    child: asyncio.subprocess.Process

    async def says(self) -> str:
        assert self.child.stdout is not None
        return (await asyncio.wait_for(self.child.stdout.readline(), PATIENCE)).decode().strip()

    async def ends(self) -> tuple[int, str, str]:
        out, err = await asyncio.wait_for(self.child.communicate(), PATIENCE)
        return self.child.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def started(**environment: str) -> AsyncIterator[Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(PROGRAM),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Process(child)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_it_turns_unready_closes_in_reverse_and_exits_well(signum: signal.Signals) -> None:
    async with started() as process:
        assert [await process.says(), await process.says()] == ["ready False", "ready True"]
        process.child.send_signal(signum)
        code, out, err = await process.ends()
    assert code == 0
    assert out.split("\n")[:3] == ["ready False", "closed intake", "closed store"]
    assert [json.loads(line)["event"] for line in err.splitlines()] == ["started", "stopping", "stopped"]


async def test_a_background_task_that_fails_ends_the_service_with_an_error() -> None:
    async with started(TRY="failing task") as process:
        code, out, err = await process.ends()
    assert code == 1
    assert "closed store" in out
    assert "it broke" in err


async def test_a_service_that_cannot_be_built_closes_what_it_opened_and_fails() -> None:
    async with started(TRY="failing build") as process:
        code, out, err = await process.ends()
    assert code == 1
    assert out.splitlines() == ["ready False", "closed intake", "closed store"]
    assert "no such place" in err


async def test_what_does_not_drain_in_time_is_cut() -> None:
    async with started(TRY="hanging close", SEAWALL_DRAIN_TIMEOUT="0.2") as process:
        await process.says()
        await process.says()
        process.child.terminate()
        code, _, err = await process.ends()
    assert code == 1
    assert "did not drain in time" in err


async def test_wrong_settings_are_told_by_the_names_of_their_variables() -> None:
    async with started(SEAWALL_TRACE_SAMPLE_RATIO="2", SEAWALL_LOG_LEVEL="loud") as process:
        code, _, err = await process.ends()
    assert code == 2
    assert "SEAWALL_TRACE_SAMPLE_RATIO: " in err
    assert "SEAWALL_LOG_LEVEL: " in err
