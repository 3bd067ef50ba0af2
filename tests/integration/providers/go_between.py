"""What stands between a provider and its vendor: a proxy of HTTP, and an end of TLS with an authority of its own."""

import asyncio
import base64
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


async def join(
    one: tuple[asyncio.StreamReader, asyncio.StreamWriter], other: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    """Pass on what either says to the other, until both have ended."""
    await asyncio.gather(_pass_on(one[0], other[1]), _pass_on(other[0], one[1]))


class HttpProxy:
    """Tunnels on CONNECT, and passes on what is asked of it by a whole URL; only who shows `credentials`, if any.

    `targets`: `host:port` of each connection that it made. `open`: how many there are now.
    """

    def __init__(self, credentials: str = "") -> None:
        self.targets: list[str] = []
        self.open = 0
        self._shown = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else ""
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        assert self._server is not None
        return f"{HOST}:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            line, *fields = head.decode().split("\r\n")
            method, target, _ = line.split(" ")
            headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
            if self._shown and headers.get("proxy-authorization") != self._shown:
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
            else:
                await self._connect(method, target, head, (reader, writer))
        writer.close()

    async def _connect(
        self, method: str, target: str, head: bytes, client: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> None:
        where = target if method == "CONNECT" else target.split("/")[2]
        host, _, port = where.rpartition(":")
        self.targets.append(where)
        # A name leads where the proxy says: here all of them are this machine.
        there = await asyncio.open_connection(HOST if host.endswith(".invalid") else host, int(port))
        if method == "CONNECT":
            client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            there[1].write(head)
        self.open += 1
        try:
            await join(client, there)
        finally:
            self.open -= 1


class Authority:
    """Of certificates that nobody trusts who was not told to."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A company's own")])
        self._certificate = self._sign(self._name, self._key.public_key(), ca=True)

    @property
    def pem(self) -> str:
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def context(self, host: str, directory: Path) -> ssl.SSLContext:
        """For a server of that name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._sign(subject, key.public_key(), host=host)
        file = directory / f"{host}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, host: str = "", ca: bool = False
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


@asynccontextmanager
async def tls_before(url: str, context: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of TLS's end before the vendor at `url`."""
    host, _, port = url.removeprefix("http://").partition("/")[0].rpartition(":")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await join((reader, writer), await asyncio.open_connection(host, int(port)))

    server = await asyncio.start_server(serve, HOST, 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
