"""A service's database: transactions, reads, and which replica leads."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from types import TracebackType
from typing import Self

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.storage.engines import CONNECT_TIMEOUT, for_reading, for_writing, make_engine, make_migration_engine
from chassis.storage.errors import unavailable_told


class Database:
    """One service's tables: a schema of its own in PostgreSQL, or a file of its own with SQLite.

    `url` is `postgresql+asyncpg://…` or `sqlite+aiosqlite:///path`. Nothing is connected until it is used, and a lost
    database is found again by the next use. Where the database cannot do its part, every method raises
    Failure(UNAVAILABLE, retryable); see `unavailable_told` for what passes as it is.
    """

    def __init__(self, url: str, *, schema: str) -> None:
        self._url = url
        self.schema = schema
        self._engine = make_engine(url, schema=schema)
        self._writing = for_writing(self._engine)
        self._reading = for_reading(self._engine)
        # SQLite takes one writer at a time: waiting here is fair, waiting in SQLite is a lottery and holds a thread.
        self._turn = nullcontext() if self.is_postgres else asyncio.Lock()

    @property
    def is_postgres(self) -> bool:
        """Whether this is PostgreSQL, the other choice being SQLite."""
        return self._engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end, or undone where the body raises.

        Do not wait for anything but the database inside. After a Failure the work may have been committed all the same
        (the connection was lost during the commit), so whoever tries again must be able to meet its own traces.
        """
        with unavailable_told():
            async with self._my_turn(), _session(self._writing) as session:
                yield session
                await session.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one state of the database throughout and cannot write."""
        with unavailable_told():
            async with _session(self._reading) as session:
                yield session

    @asynccontextmanager
    async def leader(self, name: str) -> AsyncIterator[bool]:
        """Whether this replica is the one to do the work called `name`, for as long as the body runs.

        PostgreSQL decides, by a lock that goes with its connection: hold it for seconds, not for ever. A leader whose
        connection is lost does not notice before its body ends, so that work must bear being done twice. With SQLite
        there are no replicas.
        """
        if not self.is_postgres:
            yield True
            return
        session = AsyncSession(self._writing)
        try:
            with unavailable_told():
                lock = text("SELECT pg_try_advisory_xact_lock(:key)").bindparams(key=self.lock_key(name))
                leads = bool(await (await session.connection()).scalar(lock))
            yield leads
        finally:
            with unavailable_told():
                await session.close()

    def lock_key(self, name: str) -> int:
        """The key of PostgreSQL's advisory lock called `name`: 64 bits, other in each schema."""
        digest = hashlib.sha256(f"{self.schema}/{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    async def ping(self, *, within: float = 2.0) -> None:
        """Raise Failure unless the database answers in `within` seconds."""
        with unavailable_told():
            async with asyncio.timeout(within), self.read() as session:
                await (await session.connection()).execute(text("SELECT 1"))

    @asynccontextmanager
    async def migration_engine(self, *, statement_timeout: float) -> AsyncIterator[AsyncEngine]:
        """An engine for changing tables, closed at the end; statements may take `statement_timeout` seconds."""
        engine = make_migration_engine(self._url, schema=self.schema, statement_timeout=statement_timeout)
        try:
            yield for_writing(engine)
        finally:
            await engine.dispose()

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        async with asyncio.timeout(CONNECT_TIMEOUT) as waiting, self._turn:
            waiting.reschedule(None)
            yield


@asynccontextmanager
async def _session(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        # Begun here, not with the first statement: SQLite's write lock is held from the start, and a database that is
        # away is found out before the caller did any work.
        await session.connection()
        yield session
