"""How a connection to a replica of providers is made."""

import asyncio
from typing import Protocol

from chassis.address import split_address
from chassis.grpc.client import Peer
from chassis.link import Link
from seawall.providers.v1.hop_pb2 import FromGateway, FromProviders
from seawall.providers.v1.provider_pb2 import GetHopRequest
from seawall.providers.v1.provider_pb2_grpc import ProviderServiceStub

OPEN_TIMEOUT = 3.0
"""Seconds for a replica to take a new connection, all steps together."""

HopLink = Link[FromGateway, FromProviders]


class Dial(Protocol):
    """Makes connections."""

    async def __call__(self, address: str, link: HopLink) -> None:
        """Connect `link` to the replica whose gRPC is at `address`. Raises Failure or OSError."""
        ...


class DialByToken:
    """See Dial. The replica's gRPC says where its hop is, which `token` is shown to."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def __call__(self, address: str, link: HopLink) -> None:
        """See Dial."""
        async with Peer(address, internal_token=self._token, alone=True) as peer:
            get_hop = ProviderServiceStub(peer.channel).GetHop
            hop = await peer.call(get_hop, GetHopRequest(), timeout=OPEN_TIMEOUT)
        host, _ = split_address(address)
        await asyncio.get_running_loop().create_connection(lambda: link, host, hop.port)
        link.message(0).token = self._token
