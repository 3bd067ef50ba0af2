"""What of a signed request reaches the wire as it was signed: another path or host would make the signature wrong."""

import asyncio
from datetime import UTC, datetime

from botocore.auth import _host_from_url

from chassis.addresses import AddressPolicy, read_networks, resolve
from resilience.clock import SystemClock
from services.providers.adapters.bedrock.auth import AccessKey
from services.providers.adapters.bedrock.requests import path_of
from services.providers.adapters.bedrock.signature import signed
from services.providers.adapters.http.connections import PooledConnections
from services.providers.adapters.http.environment_proxies import EnvironmentProxies
from services.providers.application.ports import CONTENT_TYPE

ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc 1"
PROBE = "https://bedrock-runtime.us-east-1.amazonaws.com"


async def test_path_host_and_signed_headers_are_sent_as_they_were_signed() -> None:
    heard = asyncio.get_running_loop().create_future()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.set_result(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async with (
        await asyncio.start_server(answer, "127.0.0.1", 0) as server,
        PooledConnections(
            connect_timeout=5.0,
            max_idle=1,
            clock=SystemClock(),
            policy=AddressPolicy(read_networks("loopback")),
            resolve=resolve,
            environment=EnvironmentProxies(),
        ) as connections,
    ):
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path_of(ARN, stream=True)}"
        headers = signed(AccessKey("AKIAIOSFODNN7EXAMPLE", "s", "t/+="), "us-east-1", PROBE, b"{}", datetime.now(UTC))
        response = await connections.open("bedrock", "", "").post(url, (CONTENT_TYPE, *headers), b"{}")
        await response.abandon()
        head = (await asyncio.wait_for(heard, 5.0)).decode()
    first, *lines = head.split("\r\n")
    sent = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
    assert first == f"POST {path_of(ARN, stream=True)} HTTP/1.1"
    assert sent["host"] == _host_from_url(url)
    assert dict([CONTENT_TYPE, *headers]).items() <= sent.items()
