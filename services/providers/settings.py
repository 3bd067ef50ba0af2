"""What the providers service is told by its environment."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from chassis.address import split_address
from chassis.addresses import read_networks
from chassis.grpc.client import MAX_MESSAGE_BYTES
from chassis.manifest.vendors import NAMES
from chassis.workers.settings import WorkersSettings

_MESSAGE_ROOM = 64 * 1024
"""Bytes of a gRPC message that are not the answer."""


class Settings(WorkersSettings):
    """See WorkersSettings."""

    grpc_address: str = "127.0.0.1:50052"
    http_address: str = "127.0.0.1:8081"
    hop_address: str = Field(default="", validate_default=True)
    """Where gateways' connections of the hop are taken, `host:port`; any port of gRPC's host where empty, for gRPC
    tells it."""

    config_address: str = "127.0.0.1:50053"
    """Where config's gRPC is, `host:port`."""
    data_dir: Path = Path(".seawall")
    """Directory for the last snapshot of the configuration."""

    vendors: Annotated[frozenset[str], NoDecode] = frozenset()
    """Whose APIs this deployment speaks, separated by commas: `openai,azure`; all that there are where empty."""

    allowed_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = read_networks("loopback,private")
    """What may be called beside public addresses: networks and the words `loopback` and `private`, with commas."""
    http_proxy: str = Field(default="", validation_alias=AliasChoices("HTTP_PROXY", "ALL_PROXY"), repr=False)
    https_proxy: str = Field(default="", validation_alias=AliasChoices("HTTPS_PROXY", "ALL_PROXY"), repr=False)
    no_proxy: str = Field(default="", validation_alias="NO_PROXY")
    """The environment's proxies, under the names that every program knows: for providers without one of their own."""

    connect_timeout: float = Field(default=3.0, gt=0)
    """Seconds to connect to a vendor, TLS included."""
    max_idle_connections: int = Field(default=256, ge=1)
    """Connections kept open per vendor host for the next calls."""
    max_response_bytes: int = Field(default=24 * 1024 * 1024, ge=1024, le=MAX_MESSAGE_BYTES - _MESSAGE_ROOM)
    """Of one answer, decompressed; what is larger fails. A gRPC message has to hold it."""
    max_event_bytes: int = Field(default=4 * 1024 * 1024, ge=1024, le=MAX_MESSAGE_BYTES - _MESSAGE_ROOM)
    """Of one event of a stream."""

    @property
    def shared_addresses(self) -> tuple[str, ...]:
        """See WorkersSettings; without the hop's where it may be at any port: each worker has one of its own then."""
        _, port = split_address(self.hop_address)
        return (*super().shared_addresses, self.hop_address) if port else super().shared_addresses

    @field_validator("hop_address")
    @classmethod
    def _address(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            host, _, _ = info.data.get("grpc_address", "").rpartition(":")
            return f"{host}:0"
        split_address(value)
        return value

    @field_validator("allowed_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        return read_networks(value) if isinstance(value, str) else value

    @field_validator("vendors", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @field_validator("vendors")
    @classmethod
    def _known(cls, value: frozenset[str]) -> frozenset[str]:
        if unknown := sorted(value.difference(NAMES)):
            raise ValueError(f"no such vendor: {', '.join(unknown)}")
        return value
