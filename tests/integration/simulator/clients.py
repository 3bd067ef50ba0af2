"""Clients of simulated vendors: the vendors' SDKs, and sockets for what an SDK hides."""

import asyncio
import json
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from simulator import Behaviour, Fault, Vendor
from tests.stack.eventually import PATIENCE

both = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
"""Whole, and streamed."""

MESSAGES: list[ChatCompletionMessageParam] = [{"role": "user", "content": "one two three four five six seven eight"}]


def sdk(vendor: Vendor, key: str = "sk-test-1234") -> AsyncOpenAI:
    return AsyncOpenAI(base_url=vendor.base_url, api_key=key, max_retries=0, timeout=PATIENCE)


def anthropic_sdk(vendor: Vendor, key: str = "sk-test-1234") -> AsyncAnthropic:
    return AsyncAnthropic(base_url=vendor.base_url, api_key=key, max_retries=0, timeout=PATIENCE)


def failing(fault: Fault, **behaviour: Any) -> Behaviour:
    return Behaviour(faults=(fault,), **behaviour)


def chat(*, stream: bool = False, **fields: object) -> bytes:
    return json.dumps({"model": "gpt", "messages": MESSAGES, "stream": stream, **fields}).encode()


def message(*, stream: bool = False, **fields: object) -> bytes:
    """A request for a message in Anthropic's dialect."""
    return json.dumps({"model": "sonnet", "max_tokens": 100, "messages": MESSAGES, "stream": stream, **fields}).encode()


def content_length(head: bytes) -> int:
    return int(head.split(b"content-length: ")[1].split(b"\r\n")[0])


class Wire:
    """One raw HTTP/1.1 connection to a vendor."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, url: str) -> "Wire":
        host, _, port = url.removeprefix("http://").split("/")[0].rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    def post(self, body: bytes, path: str = "/v1/chat/completions", method: str = "POST") -> None:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)

    def post_message(self, body: bytes, path: str = "/v1/messages", method: str = "POST") -> None:
        """Ask a vendor of Anthropic's dialect."""
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nx-api-key: k\r\nanthropic-version: 2023-06-01\r\n"
        self.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def headers(self) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)

    async def response(self) -> tuple[int, bytes]:
        """Read one response whose length is given, and return its status and body."""
        head = await self.headers()
        body = await asyncio.wait_for(self.reader.readexactly(content_length(head)), PATIENCE)
        return int(head.split()[1]), body

    async def rest(self) -> bytes:
        """Read to the end of the connection."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE)

    async def until(self, end: bytes) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(end), PATIENCE)

    async def is_silent(self, seconds: float = 0.2) -> bool:
        """Say whether nothing arrives, not even an end, for so long."""
        try:
            await asyncio.wait_for(self.reader.read(1), seconds)
        except TimeoutError:
            return True
        return False

    def close(self) -> None:
        self.writer.close()


class Control:
    """A caller of the control API."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def __call__(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        wire = await Wire.open(self.url)
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        wire.post(sent, path, method)
        status, answer = await wire.response()
        wire.close()
        return status, json.loads(answer)
