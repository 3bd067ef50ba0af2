"""What gateway and providers import as they start: nothing that only some configurations use, or only other parts."""

import os
import sys
from pathlib import Path

import httpx2
import pytest

from tests.stack.eventually import eventually
from tests.stack.ports import free_port
from tests.stack.process import OwnedProcess

NEITHER = {
    "alembic": "tables are others'",
    "attr": "rich wants it",
    "botocore.auth": "where a provider is at Bedrock",
    "confluent_kafka": "the CLI's",
    "cryptography": "where a credential is a service account's",
    "google.auth": "where a credential is a service account's",
    "greenlet._greenlet": "SQLAlchemy's",
    "httpx": "an SDK's",
    "litellm": "where a provider is called by it",
    "opentelemetry.exporter.otlp": "where there is a receiver",
    "pygments": "rich wants it",
    "redis": "where there is a Redis",
    "rich.console": "the CLI's",
    "services.gateway.entrypoints.http.openapi": "when the document is asked for",
    "sqlalchemy": "tables are others'",
    "sqlmodel": "tables are others'",
    "typer": "the CLI's",
    "uvicorn.main": "FastStream's, for what is not run",
    "yaml": "manifests are read by the CLI and by config",
}
"""Module → where it belongs. Those that somebody looks for, and goes without, are told by one that is in them."""


async def imported(service: str, directory: Path) -> set[str]:
    """Modules that the service has imported once it serves, with nothing set that it can do without."""
    http = f"127.0.0.1:{free_port()}"
    told = {
        "SEAWALL_HTTP_ADDRESS": http,
        "SEAWALL_GRPC_ADDRESS": f"127.0.0.1:{free_port()}",
        "SEAWALL_KAFKA_BOOTSTRAP": f"127.0.0.1:{free_port()}",
        "SEAWALL_CONFIG_ADDRESS": f"127.0.0.1:{free_port()}",
        "SEAWALL_DATA_DIR": str(directory),
        "SEAWALL_KEY_PEPPER": "p" * 32,
    }
    log = directory / "log"
    process = OwnedProcess(
        service,
        [sys.executable, "-X", "importtime", "-m", f"services.{service}"],
        log,
        environment={**os.environ, **told},
    )
    await process.start()
    try:
        async with httpx2.AsyncClient() as client:

            async def lives() -> bool:
                try:
                    return (await client.get(f"http://{http}/health/live")).is_success
                except httpx2.TransportError:
                    return False

            await eventually(lives)
    finally:
        await process.stop()
    lines = log.read_text().splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


@pytest.mark.parametrize("service", ["gateway", "providers"])
async def test_a_service_imports_nothing_that_it_may_do_without(service: str, tmp_path: Path) -> None:
    found = await imported(service, tmp_path)
    assert {"grpc", "structlog", f"services.{service}.bootstrap"} <= found, "what it needs is imported as it starts"
    heavy = {name for name in found if any(name == root or name.startswith(f"{root}.") for root in NEITHER)}
    assert heavy == set()
