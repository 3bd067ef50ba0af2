"""`seawall profile` beside a running `seawall up` that works."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyqwest import Client

from tests.integration.cli.seawall import Up, seawall

STAGES = ("complete_chat.CompleteChat", "attempt.stage.AttemptTargets", "settle.Settle")
"""Those that take long enough to be met in some seconds, whatever else the machine does."""


@contextlib.asynccontextmanager
async def load(running: Up) -> AsyncIterator[None]:
    """Callers that ask again and again."""
    client = Client()
    headers = {"authorization": f"Bearer {running.told['key']}"}
    body = b'{"model": "%s", "messages": [{"role": "user", "content": "hello"}]}' % running.told["model"].encode()

    async def ask() -> None:
        while True:
            await client.post(f"{running.told['url']}/v1/chat/completions", headers, body)

    callers = [asyncio.create_task(ask()) for _ in range(8)]
    try:
        yield
    finally:
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)


async def test_a_flame_graph_of_the_gateway_names_its_stages(running: Up, tmp_path: Path) -> None:
    picture = tmp_path / "gateway.svg"
    async with load(running):
        said = await running.run("profile", "gateway", "--seconds", "4", "--rate", "400", "-o", str(picture))
    assert said.exit_code == 0, said
    assert "CPU of gateway in 4." in said.err
    titles = " ".join(
        title.text or "" for title in ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}title")
    )
    assert [stage for stage in STAGES if f"services.gateway.application.{stage}" not in titles] == []


@pytest.mark.parametrize("service", ["providers", "config", "monitor", "alerts"])
async def test_every_service_shows_one(running: Up, service: str) -> None:
    said = (await running.run("profile", service, "--seconds", "0.3", "--json")).json()
    assert said["service"] == service
    assert "MainThread" in said["cpu_seconds"]


async def test_the_token_is_needed_and_not_told(running: Up) -> None:
    assert "token" not in running.told
    where = running.told["services"]["config"]  # type: ignore[index]  # an object, beside strings
    refused = await seawall("profile", "config", "--at", where, "--token", "wrong", "--seconds", "0.2")
    assert refused.exit_code == 1
    assert "permission_denied" in refused.err


async def test_where_nothing_runs_it_is_said(tmp_path: Path) -> None:
    said = await seawall("profile", "gateway", "--data-dir", str(tmp_path))
    assert said.exit_code == 1
    assert "service_unreachable" in said.err
