"""What a service is told by its environment that may run as several workers."""

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from chassis.address import split_address
from chassis.settings import ServiceSettings


class WorkersSettings(ServiceSettings):
    """See ServiceSettings."""

    workers: int = Field(default=1, ge=1, le=256)
    """Processes that serve the same addresses side by side; `--workers` is another way to say it."""
    worker: int | None = Field(default=None, ge=0)
    """Which of them this one is; for the process that starts them to say, and for nobody else."""
    data_dir: Path = Path(".seawall")
    """Directory of what must outlive the process; each of several workers has one of its own in it, `worker-K`."""

    @field_validator("workers")
    @classmethod
    def _at_known_ports(cls, value: int, info: ValidationInfo) -> int:
        addresses = [info.data[name] for name in ("grpc_address", "http_address") if name in info.data]
        if value > 1 and any(split_address(address)[1] == 0 for address in addresses):
            raise ValueError("several workers need a port each for HTTP and gRPC, and not 0")
        return value

    @field_validator("worker")
    @classmethod
    def _one_of_them(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and not value < info.data.get("workers", 1):
            raise ValueError("there are not so many workers; the process that starts them says which one is which")
        return value

    @property
    def own_dir(self) -> Path:
        """Directory of this process alone, whatever its number of starts."""
        return self.data_dir if self.worker is None else worker_dir(self.data_dir, self.worker)

    @property
    def shared_addresses(self) -> tuple[str, ...]:
        """Where all workers listen, `host:port` each."""
        return self.http_address, self.grpc_address

    @property
    def shares_ports(self) -> bool:
        """See ServiceSettings."""
        return self.worker is not None


def worker_dir(data_dir: Path, worker: int) -> Path:
    """Directory of one of several workers."""
    return data_dir / f"worker-{worker}"
