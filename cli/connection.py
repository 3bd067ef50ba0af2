"""Which Seawall a command speaks to: flags and environment first, then a running `seawall up`, then the defaults."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.problem import Problem

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_KAFKA = "127.0.0.1:9092"
DEFAULT_GRPC = "127.0.0.1:50051"
UP_FILE = "up.json"
"""Written by `up` in its data directory when it is ready, removed when it stops."""


@dataclass(frozen=True)
class Connection:
    """Addresses and a key."""

    url: str
    key: str
    kafka: str
    grpc: str

    def require_key(self) -> str:
        """The key. Raises Problem where there is none."""
        if not self.key:
            raise Problem("unauthenticated", "There is no key to authenticate with.")
        return self.key


def connect(url: str | None, key: str | None, data_dir: Path, *, kafka: str | None = None) -> Connection:
    """What is given, and the rest from `data_dir`'s running `up`; its key goes to its own address only."""
    running = running_up(data_dir)
    at = (url or running.get("url") or DEFAULT_URL).rstrip("/")
    if not at.startswith(("http://", "https://")):
        raise Problem("bad_url", f"{at!r} is not an http:// or https:// URL.", hint="Write it as http://host:port.")
    own = at == running.get("url")
    return Connection(
        url=at,
        key=key or (running.get("key", "") if own else ""),
        kafka=kafka or running.get("kafka") or DEFAULT_KAFKA,
        grpc=running.get("grpc", DEFAULT_GRPC) if own else DEFAULT_GRPC,
    )


def running_up(data_dir: Path) -> dict[str, Any]:
    """What the `up` of a data directory tells of itself; empty where none runs."""
    try:
        told = json.loads((data_dir / UP_FILE).read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
