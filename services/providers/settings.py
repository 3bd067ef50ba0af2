"""What the providers service is told by its environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from chassis.grpc.client import MAX_MESSAGE_BYTES
from chassis.manifest.vendors import HOSTED, SELF_HOSTED
from chassis.settings import ServiceSettings

_MESSAGE_ROOM = 64 * 1024
"""Bytes of a gRPC message that are not the answer."""


class Settings(ServiceSettings):
    """See ServiceSettings."""

    grpc_address: str = "127.0.0.1:50052"
    http_address: str = "127.0.0.1:8081"

    config_address: str = "127.0.0.1:50053"
    """Where config's gRPC is, `host:port`."""
    data_dir: Path = Path(".seawall")
    """Directory for the last snapshot of the configuration."""

    vendors: Annotated[frozenset[str], NoDecode] = frozenset()
    """Whose APIs this deployment speaks, separated by commas: `openai,azure`; all that there are where empty."""

    connect_timeout: float = Field(default=3.0, gt=0)
    """Seconds to connect to a vendor, TLS included."""
    max_idle_connections: int = Field(default=256, ge=1)
    """Connections kept open per vendor host for the next calls."""
    max_response_bytes: int = Field(default=24 * 1024 * 1024, ge=1024, le=MAX_MESSAGE_BYTES - _MESSAGE_ROOM)
    """Of one answer, decompressed; what is larger fails. A gRPC message has to hold it."""
    max_event_bytes: int = Field(default=4 * 1024 * 1024, ge=1024, le=MAX_MESSAGE_BYTES - _MESSAGE_ROOM)
    """Of one event of a stream."""

    @field_validator("vendors", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @field_validator("vendors")
    @classmethod
    def _known(cls, value: frozenset[str]) -> frozenset[str]:
        if unknown := sorted(value.difference(HOSTED, SELF_HOSTED)):
            raise ValueError(f"no such vendor: {', '.join(unknown)}")
        return value
