"""Which addresses several workers of providers share."""

import pytest
from pydantic import ValidationError

from services.providers.settings import Settings


@pytest.fixture(autouse=True)
def _nothing_else_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKERS", "WORKER", "GRPC_ADDRESS", "HTTP_ADDRESS", "HOP_ADDRESS"):
        monkeypatch.delenv(f"SEAWALL_{name}", raising=False)


def test_each_worker_has_a_port_of_its_own_for_the_hop_where_none_is_named() -> None:
    settings = Settings(workers=2)
    assert settings.hop_address == "127.0.0.1:0"
    assert set(settings.shared_addresses) == {settings.http_address, settings.grpc_address}


def test_the_hop_is_where_grpc_is() -> None:
    assert Settings(grpc_address="0.0.0.0:50051").hop_address == "0.0.0.0:0"
    assert Settings(grpc_address="[::1]:50051").hop_address == "[::1]:0"


def test_workers_share_the_port_of_the_hop_that_is_named() -> None:
    settings = Settings(workers=2, hop_address="127.0.0.1:50061")
    assert set(settings.shared_addresses) == {settings.http_address, settings.grpc_address, "127.0.0.1:50061"}


def test_what_is_no_address_for_the_hop_is_told() -> None:
    with pytest.raises(ValidationError) as raised:
        Settings(hop_address="50061")
    assert [error["loc"] for error in raised.value.errors()] == [("hop_address",)]
