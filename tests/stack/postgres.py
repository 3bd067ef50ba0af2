"""A real PostgreSQL for tests."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from tests.stack.choose import Source, given_address, source_of
from tests.stack.container import OwnedContainer
from tests.stack.dependency import Dependency, Server
from tests.stack.eventually import PATIENCE
from tests.stack.ports import free_port
from tests.stack.process import OwnedProcess, leash

IMAGE = "postgres:17-alpine"
USER = "seawall"
# Nothing here must survive a loss of power. A crash of the server alone loses nothing, synchronous or not to disk.
SETTINGS = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200"]


class Postgres(Dependency):
    """A PostgreSQL server; `url` is its default database as SQLAlchemy's asyncpg dialect writes it."""

    def __init__(self, url: str, server: Server | None = None) -> None:
        super().__init__(server)
        self.url = url

    @property
    def dsn(self) -> str:
        """The same database as asyncpg itself and psql write it."""
        return plain(self.url)

    @asynccontextmanager
    async def fresh_database(self) -> AsyncIterator[str]:
        """The URL of a new, empty database, dropped at the end with whatever is still connected to it."""
        name = f"test_{uuid.uuid4().hex}"
        await self._execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(self.url)._replace(path=f"/{name}").geturl()
        finally:
            await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn, timeout=PATIENCE)
        try:
            await connection.execute(statement, timeout=PATIENCE)
        finally:
            await connection.close(timeout=PATIENCE)

    async def _answers(self) -> bool:
        await self._execute("SELECT 1")
        return True


def plain(url: str) -> str:
    """A SQLAlchemy asyncpg URL without the driver's name, for asyncpg itself."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


@asynccontextmanager
async def shared_postgres() -> AsyncIterator[Postgres]:
    """The server at SEAWALL_TEST_POSTGRES, or one started for the session.

    The address is a postgresql+asyncpg:// URL; its user may create databases.
    """
    if address := given_address("postgres"):
        yield Postgres(address)
        return
    async with private_postgres() as postgres:
        yield postgres


@asynccontextmanager
async def private_postgres() -> AsyncIterator[Postgres]:
    """A PostgreSQL of the test's own, to stop, kill and start again."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="seawall-postgres-") as directory:
        server = await asyncio.to_thread(_server, port, Path(directory))
        postgres = Postgres(f"postgresql+asyncpg://{USER}@127.0.0.1:{port}/postgres", server)
        try:
            await postgres.start()
            yield postgres
        finally:
            await postgres.discard()


def _server(port: int, directory: Path) -> Server:
    initdb = _program("initdb")
    if source_of("postgres", {"PostgreSQL (initdb)": initdb is not None}) is Source.DOCKER or initdb is None:
        environment = {"POSTGRES_USER": USER, "POSTGRES_DB": "postgres", "POSTGRES_HOST_AUTH_METHOD": "trust"}
        return OwnedContainer(
            "PostgreSQL", IMAGE, port=port, inner_port=5432, environment=environment, command=["postgres", *SETTINGS]
        )
    user = _unprivileged(directory)
    data = directory / "data"
    subprocess.run(
        [
            *leash(user),
            str(initdb),
            "-D",
            str(data),
            "-U",
            USER,
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        ],
        check=True,
        capture_output=True,
        timeout=2 * PATIENCE,
        cwd=directory,
    )
    here = ["-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(directory)]
    return OwnedProcess(
        "PostgreSQL",
        [str(initdb.with_name("postgres")), *here, *SETTINGS],
        directory / "postgres.log",
        user=user,
        # Fast shutdown: the default waits for every client to leave first.
        stop_signal=signal.SIGINT,
        # PostgreSQL's own crash: no checkpoint, recovery at the next start. After SIGKILL the backends would live on
        # for a moment, hold the shared memory and keep the next start from succeeding.
        kill_signal=signal.SIGQUIT,
    )


def _program(name: str) -> Path | None:
    """A PostgreSQL program, on the path or where Debian keeps the newest."""
    if found := shutil.which(name):
        return Path(found)
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    return versions[-1] if versions else None


def _unprivileged(directory: Path) -> str | None:
    """Whom to run as: PostgreSQL refuses root, so there it is the package's own user, who is given the directory."""
    if os.geteuid() != 0:
        return None
    shutil.chown(directory, "postgres", "postgres")
    return "postgres"
