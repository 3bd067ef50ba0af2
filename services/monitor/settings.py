"""What monitor is told by its environment."""

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """See ServiceSettings."""

    grpc_address: str = "127.0.0.1:50054"
    http_address: str = "127.0.0.1:8083"

    data_dir: Path = Path(".seawall")
    """Directory of what is kept in files."""
    database_url: str = ""
    """`postgresql+asyncpg://…`, or for one replica `sqlite+aiosqlite:///…`; `monitor.db` in `data_dir` where empty."""
    migrate: bool = True
    """Bring the tables up to date at start-up; off where a Job does it."""
    ledger_retention_days: int = Field(default=90, ge=8)
    """Days that ledger entries are kept: longer than Kafka keeps requests, which a replay would enter again."""

    @property
    def storage(self) -> str:
        """URL of the database."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'monitor.db'}"
