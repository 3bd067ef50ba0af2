"""What the settings say of several workers."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.gateway.settings import Settings

PEPPER = "p" * 32


@pytest.fixture(autouse=True)
def _nothing_else_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEAWALL_KEY_PEPPER", PEPPER)
    for name in ("WORKERS", "WORKER", "REDIS_URL", "DATA_DIR", "GRPC_ADDRESS", "HTTP_ADDRESS"):
        monkeypatch.delenv(f"SEAWALL_{name}", raising=False)


def wrong(monkeypatch: pytest.MonkeyPatch, **variables: str) -> list[str]:
    """Names of the settings that are wrong then."""
    for name, value in variables.items():
        monkeypatch.setenv(f"SEAWALL_{name}", value)
    with pytest.raises(ValidationError) as raised:
        Settings()
    return [str(error["loc"][0]) for error in raised.value.errors()]


def test_one_worker_is_the_service_and_has_its_directory_and_ports_to_itself() -> None:
    settings = Settings()
    assert settings.own_dir == settings.data_dir
    assert not settings.shares_ports
    assert (settings.own_requests, settings.own_journal_bytes) == (settings.max_requests, settings.journal_max_bytes)


def test_each_of_several_has_a_directory_and_a_part_of_what_bounds_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WORKERS": "4", "WORKER": "3", "REDIS_URL": "redis://r", "DATA_DIR": "/data"}.items():
        monkeypatch.setenv(f"SEAWALL_{name}", value)
    settings = Settings(max_requests=5000, journal_max_bytes=4 << 20, expected_gateways=2)
    assert settings.own_dir == Path("/data/worker-3")
    assert settings.shares_ports
    assert (settings.own_requests, settings.own_journal_bytes) == (1250, 1 << 20)
    assert settings.expected_limiters == 8


def test_several_need_a_redis_to_share_what_must_be_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(monkeypatch, WORKERS="2") == ["redis_url"]


def test_several_need_ports_that_have_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(monkeypatch, WORKERS="2", REDIS_URL="redis://r", HTTP_ADDRESS="127.0.0.1:0") == ["workers"]


def test_no_worker_is_one_of_more_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wrong(monkeypatch, WORKERS="2", WORKER="2", REDIS_URL="redis://r") == ["worker"]
