"""Why a vendor could not be reached: what the caller is told, and the log, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import structlog

from resilience.errors import Reason
from tests.integration.providers.service import Configuration, provider, running, serving
from tests.stack.ports import free_port

SECRETS = ("sk-alpha-0001", "user-name", "pass-word")
REASONS = {
    "refused": "connection refused",
    "no such host": "its name could not be resolved",
    "not TLS": "the TLS handshake failed",
    "silent": "it did not accept a connection in time",
}


@asynccontextmanager
async def listening(*, silent: bool) -> AsyncIterator[int]:
    """The port of somebody who says nothing, or what is no TLS."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if silent:
            await reader.read()
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("case", REASONS)
async def test_the_cause_is_told_to_the_caller_and_once_to_the_log(case: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        where = f"http://user-name:pass-word@127.0.0.1:{free_port()}"
        if case == "no such host":
            where = "http://user-name:pass-word@refused.invalid"
        elif case != "refused":
            port = await stack.enter_async_context(listening(silent=case == "silent"))
            where = f"https://user-name:pass-word@127.0.0.1:{port}"
        configuration = Configuration(provider("alpha", f"{where}/v1", "env:ALPHA_KEY"))
        with structlog.testing.capture_logs() as logs:
            address = await stack.enter_async_context(serving(configuration))
            client = await stack.enter_async_context(running(address, tmp_path, connect_timeout=0.3))
            failures = [(await client.call()).failure for _ in range(2)]
            failures.append((await client.frames())[-1].failure)
    message = f"The vendor could not be reached: {REASONS[case]}."
    assert {(one.reason, one.message) for one in failures} == {(Reason.VENDOR_UNREACHABLE, message)}
    told = [log for log in logs if log["event"] == "a vendor cannot be reached"]
    assert [(log["log_level"], log["provider"], log["cause"]) for log in told] == [("warning", "alpha", message)]
    assert not any(secret in str(told) + str(failures) for secret in SECRETS)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/v1", "http://[::1"])
async def test_a_base_url_that_is_none_is_told_as_such(url: str, tmp_path: Path) -> None:
    configuration = Configuration(provider("alpha", url, "env:ALPHA_KEY"))
    async with serving(configuration) as address, running(address, tmp_path) as client:
        failure = (await client.call()).failure
    assert (failure.reason, failure.message) == (
        Reason.VENDOR_UNREACHABLE,
        "Provider 'alpha' is not called: its base URL is not usable.",
    )
