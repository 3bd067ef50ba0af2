"""What every service is told by its environment."""

import sys
from pathlib import Path
from typing import TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

EXIT_FAILED = 1
EXIT_BAD_SETTINGS = 2


class ServiceSettings(BaseSettings):
    """Base of each service's settings: read once, from variables named `SEAWALL_` and the field's name."""

    model_config = SettingsConfigDict(env_prefix="SEAWALL_", frozen=True, extra="ignore")

    grpc_address: str
    """Where gRPC listens, `host:port`."""
    http_address: str
    """Where HTTP listens, `host:port`: health and metrics; at the gateway the API, too."""

    kafka_bootstrap: str = "127.0.0.1:9092"
    """Kafka's addresses, comma-separated."""
    kafka_provision: bool = True
    """Create missing topics at start-up; off where somebody else owns them."""
    kafka_replication: int = Field(default=1, ge=1)
    """Replicas of the topics that are created."""

    secrets_dir: Path | None = None
    """Directory that `file:` references may lead into; they are refused without it."""
    internal_token: SecretStr = SecretStr("")
    """Secret that the services show each other; not asked for where empty (a development machine)."""

    otlp_endpoint: str = ""
    """OTLP/gRPC receiver of traces and metrics, `http://host:port`; nothing is sent where empty."""
    trace_sample_ratio: float = Field(default=0.01, ge=0.0, le=1.0)
    """Share of traces recorded where the caller did not decide already."""
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    log_format: str = Field(default="json", pattern="^(json|console)$")

    rpc_timeout: float = Field(default=30.0, gt=0)
    """Seconds that an RPC may take whose caller set no deadline."""
    max_connection_age: float = Field(default=300.0, gt=0)
    """Seconds after which a client is asked to connect anew, so that new replicas get traffic."""
    drain_delay: float = Field(default=0.0, ge=0)
    """Seconds between turning unready and refusing work, for load balancers to notice."""
    drain_timeout: float = Field(default=30.0, gt=0)
    """Seconds for everything to end when the service stops; what takes longer is cut."""

    @property
    def server_drain(self) -> float:
        """Seconds for what is under way at one server, gRPC or HTTP, to end; the other one has as many after it."""
        return 0.4 * self.drain_timeout

    @property
    def rest_drain(self) -> float:
        """Seconds for what is done after the servers have ended: batches finished, journal shipped."""
        return 0.1 * self.drain_timeout

    @property
    def shares_ports(self) -> bool:
        """Whether other processes of this service serve the same addresses on this machine."""
        return False


S = TypeVar("S", bound=ServiceSettings)


def read_settings(settings_type: type[S]) -> S:
    """What the environment says; exits with EXIT_BAD_SETTINGS where that is wrong."""
    try:
        return settings_type()
    except ValidationError as errors:
        for error in errors.errors(include_url=False, include_input=False):
            variable = "SEAWALL_" + "_".join(str(part) for part in error["loc"]).upper()
            print(f"{variable}: {error['msg']}", file=sys.stderr)  # noqa: T201 - logging is not set up yet
        sys.exit(EXIT_BAD_SETTINGS)
