"""A replica of providers whose vendor echoes: real gRPC, the real entrypoint, answers that say what they answer."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

from chassis.grpc.server import GrpcServer
from chassis.health import Health
from chassis.link import Link
from chassis.settings import ServiceSettings
from resilience.clock import SystemClock
from resilience.errors import Failure, Reason
from seawall.providers.v1.hop_pb2 import FromGateway, FromProviders
from services.gateway.adapters.hop import DialByToken, ProvidersHop
from services.gateway.application.ports import Envelope, Frame
from services.gateway.domain.configuration import Configuration
from services.gateway.domain.dialect import Name
from services.gateway.domain.route import Target
from services.providers.application.call_vendor import CallVendor
from services.providers.application.stream_vendor import StreamVendor
from services.providers.domain.answer import Answer
from services.providers.domain.answer import Frame as VendorFrame
from services.providers.domain.envelope import Envelope as Asked
from services.providers.domain.failure import VendorFailure
from services.providers.entrypoints.carry import Carried
from services.providers.entrypoints.grpc import SERVICE, ProviderServicer
from services.providers.entrypoints.hop import HopServer

TOKEN = "the services' token"


def asking(number: int, *, stream: bool = False, timeout: float = 20.0, **how: Any) -> Envelope:
    """A call whose answer says its number. `how`: `after` seconds, `frames` of `size` bytes, `fails` for a reason."""
    body = json.dumps({"number": number, **how}).encode()
    return Envelope(
        f"req_{number}", 1, "acme", Target("echo", "m"), body, stream, timeout, traceparent="", dialect=Name.OPENAI_CHAT
    )


def whole_of(number: int, size: int = 0) -> bytes:
    """What the whole answer to that call is."""
    return b"answer %d %s" % (number, b"x" * size)


def frames_of(number: int, frames: int, size: int = 0) -> list[bytes]:
    """What the data of the frames of that call's answer is."""
    return [b"frame %d of %d %s" % (at, number, b"x" * size) for at in range(frames)]


class EchoVendor:
    """Stands where CallVendor and StreamVendor do."""

    def __init__(self) -> None:
        self.under_way: set[int] = set()
        self.cancelled: set[int] = set()
        self.made = 0
        """Bytes of frames that were taken of it."""

    async def __call__(self, envelope: Asked) -> Answer:
        how = json.loads(envelope.body)
        with self._counted(how["number"]):
            try:
                async with asyncio.timeout(envelope.timeout):
                    await asyncio.sleep(how.get("after", 0))
            except TimeoutError:
                raise VendorFailure(Reason.VENDOR_TIMEOUT) from None
            self._fail(how)
            return Answer(whole_of(how["number"], how.get("size", 0)), "stop")

    def stream(self, envelope: Asked) -> "EchoStream":
        return EchoStream(self, json.loads(envelope.body))

    def _fail(self, how: dict[str, Any]) -> None:
        if "fails" in how:
            raise VendorFailure(Reason(how["fails"]), status=503)
        if "refuses" in how:
            raise Failure(Reason(how["refuses"]), "It does not do that.", detail={"param": "tools"})
        if "breaks" in how:
            raise RuntimeError(how["breaks"])

    @contextlib.contextmanager
    def _counted(self, number: int) -> Iterator[None]:
        self.under_way.add(number)
        try:
            yield
        except asyncio.CancelledError:
            self.cancelled.add(number)
            raise
        finally:
            self.under_way.discard(number)


class EchoStream:
    """See FrameStream."""

    def __init__(self, vendor: EchoVendor, how: dict[str, Any]) -> None:
        self._vendor = vendor
        self._how = how

    async def batches(self) -> AsyncGenerator[list[VendorFrame], None]:
        how, vendor = self._how, self._vendor
        with vendor._counted(how["number"]):
            for data in frames_of(how["number"], how.get("frames", 1), how.get("size", 0)):
                await asyncio.sleep(how.get("after", 0))
                vendor.made += len(data)
                yield [VendorFrame(data=data)]
            vendor._fail(how)
            yield [VendorFrame(end=True)]

    def cancel(self, *_: object) -> None:
        """Nothing runs beside."""


@asynccontextmanager
async def replica(
    address: str = "127.0.0.1:0",
    *,
    vendor: EchoVendor | None = None,
    max_age: float = 300.0,
    dies: asyncio.Event | None = None,
) -> AsyncIterator[str]:
    """The address at which it listens. Where `dies` is set when it ends, it is not in order."""
    echo = vendor or EchoVendor()
    settings = ServiceSettings(
        grpc_address=address, http_address="127.0.0.1:0", internal_token=TOKEN, drain_timeout=10.0
    )
    host, _, _ = address.rpartition(":")
    vendors = cast("CallVendor", echo), cast("StreamVendor", echo.stream)
    hop = HopServer(
        f"{host}:0", partial(Carried, *vendors), token=TOKEN, max_age=max_age, drain=4.0, clock=SystemClock()
    )
    async with hop:
        servicer = ProviderServicer(*vendors, hop_port=hop.port)
        server = GrpcServer(settings, Health(), add=[servicer.register], services=[SERVICE], traced=False)
        async with server:
            yield f"{host}:{server.port}"
        if dies is not None and dies.is_set():
            for connection in hop._serving.values():
                connection.link.abort("it died")


class Raw:
    """A gateway's side of a connection, for what no gateway of ours does."""

    def __init__(self) -> None:
        self.heard: list[FromProviders] = []
        self.ended_by = ""
        self.link = Link(FromGateway, FromProviders, most=1_000_000, heard=self.heard.append, lost=self._lost)

    def _lost(self, cause: str) -> None:
        self.ended_by = cause


@asynccontextmanager
async def raw(address: str, *, token: str = TOKEN) -> AsyncIterator[Raw]:
    """A connection that was dialled; whether it is taken is for the reader of `heard` to see."""
    side = Raw()
    await DialByToken(TOKEN)(address, side.link)
    if token != TOKEN:
        side.link.message(0).token = token
    try:
        yield side
    finally:
        side.link.abort("the test is over")


@asynccontextmanager
async def hop_to(
    address: str, *, token: str = TOKEN, hosts: list[str] | None = None, health: Health | None = None
) -> AsyncIterator[ProvidersHop]:
    """The gateway's side. `hosts`: those that the address has, as they are then."""

    async def find(host: str) -> list[str]:
        return [host] if hosts is None else list(hosts)

    hop = ProvidersHop(
        address,
        dial=DialByToken(token),
        configuration=Configuration,
        health=health or Health(),
        clock=SystemClock(),
        find=find,
    )
    async with hop:
        yield hop


async def read(hop: ProvidersHop, envelope: Envelope) -> list[Frame]:
    """The whole answer's frames."""
    call = await hop.call(envelope)
    frames: list[Frame] = []
    try:
        while not (frames and frames[-1].end):
            frames.append(await call.next())
    finally:
        call.close()
    return frames
