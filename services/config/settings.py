"""What config is told by its environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings

MIN_PEPPER = 32


class Settings(ServiceSettings):
    """config's settings; see ServiceSettings for those that every service has."""

    grpc_address: str = "127.0.0.1:50053"
    http_address: str = "127.0.0.1:8082"

    key_pepper: SecretStr = Field(min_length=MIN_PEPPER)
    """Secret under which keys' secrets are hashed, at least 32 characters; the same at every gateway."""
    data_dir: Path = Path(".seawall")
    """Where SQLite's file is."""
    database_url: str = ""
    """`postgresql+asyncpg://...` or `sqlite+aiosqlite:///PATH`; SQLite's `config.db` in `data_dir` where empty."""
    migrate: bool = True
    """Bring the tables up to date at start-up; off where a job of its own does so."""
    manifest: Path | None = None
    """A seawall.yaml to apply at start-up."""
    secrets_dir: Path | None = None
    """The only directory that `file:` references of a manifest's keys may lead to; nowhere where unset."""

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'config.db'}"
