"""The fixtures that every suite shares: each real dependency once for the session, and private ones to break."""

from collections.abc import AsyncIterator, Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.stack.kafka import Kafka, private_kafka, shared_kafka
from tests.stack.otlp import OtlpReceiver
from tests.stack.postgres import Postgres, private_postgres, shared_postgres
from tests.stack.redis import Redis, private_redis, shared_redis
from tests.stack.webhook import WebhookSink

# Examples may take as long as the machine makes them.
settings.register_profile("seawall", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("seawall")


@pytest.fixture(name="kafka", scope="session")
async def _kafka() -> AsyncIterator[Kafka]:
    """The session's Apache Kafka; a test uses topics and groups with names of its own."""
    async with shared_kafka() as kafka:
        yield kafka


@pytest.fixture(name="private_kafka")
async def _private_kafka() -> AsyncIterator[Kafka]:
    """An Apache Kafka that this test alone may stop, kill and start."""
    async with private_kafka() as kafka:
        yield kafka


@pytest.fixture(name="postgres", scope="session")
async def _postgres() -> AsyncIterator[Postgres]:
    """The session's PostgreSQL server."""
    async with shared_postgres() as postgres:
        yield postgres


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[str]:
    """The SQLAlchemy URL of an empty PostgreSQL database that this test has to itself."""
    async with postgres.fresh_database() as url:
        yield url


@pytest.fixture(name="private_postgres")
async def _private_postgres() -> AsyncIterator[Postgres]:
    """A PostgreSQL that this test alone may stop, kill and start."""
    async with private_postgres() as postgres:
        yield postgres


@pytest.fixture(name="redis", scope="session")
async def _redis() -> AsyncIterator[Redis]:
    """The session's Redis; a test uses keys with a prefix of its own."""
    async with shared_redis() as redis:
        yield redis


@pytest.fixture(name="private_redis")
async def _private_redis() -> AsyncIterator[Redis]:
    """A Redis that this test alone may stop, kill and start."""
    async with private_redis() as redis:
        yield redis


@pytest.fixture
async def otlp() -> AsyncIterator[OtlpReceiver]:
    """A receiver of the traces that this test causes."""
    async with OtlpReceiver() as receiver:
        yield receiver


@pytest.fixture
async def webhook_sink() -> AsyncIterator[WebhookSink]:
    """A receiver of webhooks that answers as this test says."""
    async with WebhookSink() as sink:
        yield sink


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None]:
    """Say at the very end which tests failed, each on a line, whatever else is printed before."""
    yield
    failed = {one.nodeid: None for kind in ("failed", "error") for one in terminalreporter.stats.get(kind, ())}
    for name in failed:
        terminalreporter.write_line(f"FAILED {name}", red=True)
