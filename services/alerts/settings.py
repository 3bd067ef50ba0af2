"""What alerts is told by its environment."""

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """alerts' settings; see ServiceSettings for those that every service has."""

    grpc_address: str = "127.0.0.1:50055"
    http_address: str = "127.0.0.1:8084"

    data_dir: Path = Path(".seawall")
    """Where SQLite's file is."""
    database_url: str = ""
    """`postgresql+asyncpg://...` or `sqlite+aiosqlite:///PATH`; SQLite's `alerts.db` in `data_dir` where empty."""
    migrate: bool = True
    """Bring the tables up to date at start-up; off where a job of its own does so."""
    manifest: Path | None = None
    """A seawall.yaml whose receivers are applied at start-up."""

    retention_days: int = Field(default=90, ge=8)
    """Days that resolved alerts, finished deliveries and the ids of applied events are kept."""

    delivery_concurrency: int = Field(default=64, ge=1, le=1000)
    """Notifications under way at a time, over all receivers."""
    delivery_timeout: float = Field(default=15.0, gt=0, le=60)
    """Seconds for one try. A replica's claim on a delivery lasts twice as long."""

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'alerts.db'}"
