"""What the gateway is told by its environment."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from chassis.workers.settings import WorkersSettings


class Settings(WorkersSettings):
    """See WorkersSettings."""

    http_address: str = "127.0.0.1:8080"
    grpc_address: str = "127.0.0.1:50051"

    config_address: str = "127.0.0.1:50053"
    providers_address: str = "127.0.0.1:50052"
    """Where vendors are served of which config does not say where."""
    hop_streams: int = Field(default=1, ge=1, le=64)
    """Streams kept open to each replica of providers; as many as it has workers, where it has several."""
    monitor_address: str = "127.0.0.1:50054"
    alerts_address: str = "127.0.0.1:50055"
    redis_url: str = Field(default="", validate_default=True)
    """Where limits, answers and idempotency keys are kept for all gateways together; each for itself where empty."""
    expected_gateways: int = Field(default=1, ge=1)
    """Share of each limit (one part in so many) that a gateway grants by itself while Redis is away."""

    key_pepper: SecretStr = Field(min_length=32)
    """What key digests are keyed with; the same as config's."""
    data_dir: Path = Path(".seawall")
    """Holds the journal and the last snapshot; must outlive the process and belong to this replica alone."""
    journal_max_bytes: int = Field(default=1024**3, ge=1024**2)
    """Size of finished requests that Kafka does not have yet, of all workers; at it the gateway refuses new ones."""
    journal_fsync: bool = False
    """Whether a record must survive the machine, and not only the process, before its answer ends."""

    max_requests: int = Field(default=5000, ge=1)
    """Requests under way at a time at all workers; of what matters less, fewer are taken. Bounds their memory."""
    max_body_bytes: int = Field(default=10_000_000, ge=1024)
    memory_store_bytes: int = Field(default=64 * 1024**2, ge=1024**2)
    """Size of each of three stores where there is no Redis: answers cached, answers to idempotency keys, responses."""
    idempotency_retention: float = Field(default=86_400.0, gt=0)
    """Seconds that the answer to a request with an idempotency key is kept."""

    @field_validator("redis_url")
    @classmethod
    def _shared(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("workers", 1) > 1:
            raise ValueError("several workers share limits, answers and idempotency keys in a Redis; say where it is")
        return value

    @property
    def own_journal_bytes(self) -> int:
        """What this worker's journal may take."""
        return self.journal_max_bytes // self.workers

    @property
    def expected_limiters(self) -> int:
        """Processes that limits are shared among."""
        return self.expected_gateways * self.workers

    @property
    def own_requests(self) -> int:
        """Requests under way at a time at this worker."""
        return max(1, self.max_requests // self.workers)
