"""The PostgreSQL and the Redis that tests are given keep what they are told."""

import asyncpg
import pytest
from redis.asyncio import Redis as Client
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.stack.postgres import Postgres, plain
from tests.stack.redis import Redis


@pytest.mark.postgres
async def test_a_fresh_database_is_empty_and_answers_sqlalchemy(postgres: Postgres, database: str) -> None:
    assert database != postgres.url
    engine = create_async_engine(database)
    try:
        async with engine.begin() as connection:
            tables = await connection.scalar(text("select count(*) from pg_tables where schemaname = 'public'"))
            await connection.execute(text("create table kept (name text)"))
    finally:
        await engine.dispose()
    assert tables == 0


@pytest.mark.postgres
async def test_fresh_databases_do_not_see_each_other(postgres: Postgres) -> None:
    async with postgres.fresh_database() as first, postgres.fresh_database() as second:
        one, other = await asyncpg.connect(plain(first)), await asyncpg.connect(plain(second))
        try:
            await one.execute("create table mine (name text)")
            assert await other.fetchval("select to_regclass('mine')") is None
        finally:
            await one.close()
            await other.close()


@pytest.mark.postgres
@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_postgres_comes_back_with_what_it_had_committed(private_postgres: Postgres, end: str) -> None:
    connection = await asyncpg.connect(private_postgres.dsn)
    await connection.execute("create table kept (name text)")
    await connection.execute("insert into kept values ('this')")
    await getattr(private_postgres, end)()
    connection.terminate()
    with pytest.raises(ConnectionRefusedError):
        await asyncpg.connect(private_postgres.dsn)
    await private_postgres.start()
    connection = await asyncpg.connect(private_postgres.dsn)
    try:
        assert await connection.fetchval("select name from kept") == "this"
    finally:
        await connection.close()


@pytest.mark.redis
async def test_redis_keeps_a_value(redis: Redis) -> None:
    async with Client.from_url(redis.url) as client:
        await client.set("stack:key", "value")
        assert await client.get("stack:key") == b"value"


@pytest.mark.redis
@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_redis_comes_back_with_what_it_had_acknowledged(private_redis: Redis, end: str) -> None:
    async with Client.from_url(private_redis.url) as client:
        await client.set("stack:key", "value")
    await getattr(private_redis, end)()
    await private_redis.start()
    async with Client.from_url(private_redis.url) as client:
        assert await client.get("stack:key") == b"value"
