"""`python -m simulator`, as a process on uvloop."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.integration.simulator.clients import Wire, chat, message
from tests.stack.eventually import PATIENCE


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE))
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def put(control: str, path: str, body: object, method: str = "PUT") -> None:
    wire = await Wire.open(control)
    wire.post(json.dumps(body).encode(), path, method)
    assert b"200 OK" in await wire.headers()
    wire.close()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly_with_calls_under_way_that_would_never_end(name: signal.Signals) -> None:
    async with running("--vendor", "alpha", "--vendor", "beta") as (process, ready):
        assert list(ready["vendors"]) == ["alpha", "beta"]
        await put(ready["control"], "/vendors/beta/behaviour", {"faults": [{"kind": "hang"}]})
        wires = [await Wire.open(url) for url in ready["vendors"].values()]
        for wire in wires:
            wire.post(chat())
        await wires[0].until(b"alpha/gpt heard:")
        process.send_signal(name)
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
        assert (await process.communicate())[1] == b""
        for wire in wires:
            wire.close()


async def test_resets_cuts_and_going_down_work_on_uvloop_too() -> None:
    async with running("--vendor", "alpha", "--seed", "3") as (process, ready):
        url, control = ready["vendors"]["alpha"], ready["control"]
        await put(control, "/vendors/alpha/models/gpt/behaviour", {"faults": [{"kind": "reset"}]})
        wire = await Wire.open(url)
        wire.post(chat())
        with pytest.raises(ConnectionResetError):
            await wire.rest()
        wire.close()

        await put(control, "/vendors/alpha/models/gpt/behaviour", {"faults": [{"kind": "cut", "after_chunks": 3}]})
        wire = await Wire.open(url)
        wire.post(chat(stream=True))
        assert (await wire.rest()).count(b'"delta":{"content":') == 3
        wire.close()

        for _ in range(3):
            idle = await Wire.open(url)
            await put(control, "/vendors/alpha/down", None, "POST")
            assert await idle.rest() == b""
            idle.close()
            with pytest.raises(ConnectionRefusedError):
                await Wire.open(url)
            await put(control, "/vendors/alpha/up", None, "POST")
        (await Wire.open(url)).close()
        process.terminate()
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
        assert (await process.communicate())[1] == b""


async def test_a_vendor_speaks_the_dialect_that_it_is_told() -> None:
    async with running("--vendor", "alpha=openai", "--vendor", "claude=anthropic:0") as (_, ready):
        assert ready["vendors"]["alpha"].endswith("/v1")
        wire = await Wire.open(ready["vendors"]["claude"])
        wire.post_message(message())
        assert b"claude/sonnet heard:" in (await wire.response())[1]
        wire.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--vendor"),
        (["--vendor", "alpha:http"], "port"),
        (["--vendor", "alpha:70000"], "port"),
        (["--vendor", "Bad Name"], "name"),
        (["--vendor", "alpha=klingon"], "dialect"),
        (["--vendor", "alpha", "--vendor", "alpha"], "twice"),
        (["--vendor", "alpha", "--script", "nowhere.yaml"], "nowhere.yaml"),
        (["--vendor", "alpha", "--control-port", "70000"], "control-port"),
        (["--vendor", "alpha", "--host", "203.0.113.1"], "assign"),
    ],
)
async def test_wrong_arguments_end_with_status_2_and_say_why(arguments: list[str], said: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, out) == (2, b"")
    assert said in err.decode()
    assert "Traceback" not in err.decode()
