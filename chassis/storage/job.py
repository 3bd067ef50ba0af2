"""`python -m chassis.storage.job SERVICE`: bring one service's tables up to date and end; a Job before a rollout."""

import asyncio
import importlib.util
import os
import sys
from pathlib import Path

from chassis.logging import configure_logging
from chassis.storage.database import Database
from chassis.storage.migrate import migrate
from resilience.clock import SystemClock


async def bring_up(service: str, url: str) -> None:
    """Migrate the tables of `service` in the database at `url`."""
    package = importlib.util.find_spec(f"services.{service}")
    if package is None or package.origin is None:
        sys.exit(f"there is no service {service!r}")
    versions = Path(package.origin).parent / "adapters" / "sql" / "migrations" / "versions"
    if not versions.is_dir():
        sys.exit(f"service {service!r} has no tables")
    async with Database(url, schema=service) as database:
        await migrate(database, versions, SystemClock())


def main() -> None:
    """Read the service's name and SEAWALL_DATABASE_URL."""
    url = os.environ.get("SEAWALL_DATABASE_URL")
    if len(sys.argv) != 2 or not url:  # noqa: PLR2004 - the program and one argument
        sys.exit("usage: SEAWALL_DATABASE_URL=... python -m chassis.storage.job SERVICE")
    configure_logging(f"migrate-{sys.argv[1]}", level="info", format="json")
    asyncio.run(bring_up(sys.argv[1], url))


if __name__ == "__main__":
    main()
