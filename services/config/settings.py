"""What config is told by its environment."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from chassis.address import split_address
from chassis.manifest import bounds
from chassis.settings import ServiceSettings

MIN_PEPPER = 32

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252})|[0-9A-Fa-f:.]{2,45}")
"""A host's name, or an address."""


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

    providers_addresses: Annotated[Mapping[str, str], NoDecode] = Field(default_factory=dict)
    """Where providers serve a vendor, as `openai=providers-openai:50051,azure=providers-azure:50051`.

    Vendors that are not named are served where each gateway's own setting says.
    """

    @field_validator("providers_addresses", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        return _by_vendor(value) if isinstance(value, str) else value

    @field_validator("providers_addresses")
    @classmethod
    def _reachable(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for vendor, address in value.items():
            if vendor not in bounds.VENDORS.known:
                raise ValueError(f"{vendor!r} is no vendor; {', '.join(bounds.VENDORS.known)} are")
            host, port = split_address(address)
            if _HOST.fullmatch(host) is None or port == 0:
                raise ValueError(f"{address!r} is not host:port")
        return value

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'config.db'}"


def _by_vendor(text: str) -> dict[str, str]:
    """The pairs in `text`. Raises ValueError."""
    found: dict[str, str] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        vendor, separator, address = map(str.strip, pair.partition("="))
        if not separator:
            raise ValueError(f"{pair!r} is not vendor=host:port")
        if vendor in found:
            raise ValueError(f"{vendor!r} is there twice")
        found[vendor] = address
    return found
