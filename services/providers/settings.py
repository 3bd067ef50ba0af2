"""What the providers service is told by its environment."""

from pathlib import Path

from pydantic import Field

from chassis.grpc.client import MAX_MESSAGE_BYTES
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

    connect_timeout: float = Field(default=3.0, gt=0)
    """Seconds to connect to a vendor, TLS included."""
    max_idle_connections: int = Field(default=256, ge=1)
    """Connections kept open per vendor host for the next calls."""
    max_response_bytes: int = Field(default=24 * 1024 * 1024, ge=1024, le=MAX_MESSAGE_BYTES - _MESSAGE_ROOM)
    """Of one answer, decompressed; what is larger fails. A gRPC message has to hold it."""
    max_event_bytes: int = Field(default=4 * 1024 * 1024, ge=1024, le=MAX_MESSAGE_BYTES - _MESSAGE_ROOM)
    """Of one event of a stream."""
