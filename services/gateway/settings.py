"""What the gateway is told by its environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """See ServiceSettings."""

    http_address: str = "127.0.0.1:8080"
    grpc_address: str = "127.0.0.1:50051"

    config_address: str = "127.0.0.1:50053"
    providers_address: str = "127.0.0.1:50052"
    """Where vendors are served of which config does not say where."""
    hop_streams: int = Field(default=1, ge=1, le=64)
    """Streams kept open to each replica of providers; as many as it has workers, where it has several."""
    monitor_address: str = "127.0.0.1:50054"
    alerts_address: str = "127.0.0.1:50055"
    redis_url: str = ""
    """Where limits, answers and idempotency keys are kept for all gateways together; each for itself where empty."""
    expected_gateways: int = Field(default=1, ge=1)
    """Share of each limit (one part in so many) that a gateway grants by itself while Redis is away."""

    key_pepper: SecretStr = Field(min_length=32)
    """What key digests are keyed with; the same as config's."""
    data_dir: Path = Path(".seawall")
    """Holds the journal and the last snapshot; must outlive the process and belong to this replica alone."""
    journal_max_bytes: int = Field(default=1024**3, ge=1024**2)
    """Size of finished requests that Kafka does not have yet; at this size the gateway refuses new ones."""
    journal_fsync: bool = False
    """Whether a record must survive the machine, and not only the process, before its answer ends."""

    max_requests: int = Field(default=5000, ge=1)
    """Requests under way at a time; of what matters less, fewer are taken. Bounds the memory that they need."""
    max_body_bytes: int = Field(default=10_000_000, ge=1024)
    idempotency_retention: float = Field(default=86_400.0, gt=0)
    """Seconds that the answer to a request with an idempotency key is kept."""
