"""Where providers serve which vendor, as config's environment says it."""

import pytest
from pydantic import ValidationError

from services.config.settings import Settings


def addresses(monkeypatch: pytest.MonkeyPatch, text: str) -> dict[str, str]:
    monkeypatch.setenv("SEAWALL_KEY_PEPPER", "p" * 32)
    monkeypatch.setenv("SEAWALL_PROVIDERS_ADDRESSES", text)
    return dict(Settings().providers_addresses)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", {}),
        ("openai=providers-openai:50051", {"openai": "providers-openai:50051"}),
        (
            " openai = providers-openai.ns.svc:50051 ,\nazure=10.0.0.7:1,vertex=[::1]:65535, ",
            {"openai": "providers-openai.ns.svc:50051", "azure": "10.0.0.7:1", "vertex": "[::1]:65535"},
        ),
    ],
)
def test_a_vendor_is_where_its_pair_says(monkeypatch: pytest.MonkeyPatch, text: str, read: dict[str, str]) -> None:
    assert addresses(monkeypatch, text) == read


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("opnai=providers:50051", "'opnai' is no vendor; openai, anthropic, "),
        ("openai-main=providers:50051", "'openai-main' is no vendor"),
        ("openai", "'openai' is not vendor=host:port"),
        ("openai=", "'' is not host:port"),
        ("openai=providers", "'providers' is not host:port"),
        ("openai=:50051", "':50051' is not host:port"),
        ("openai=providers:0", "'providers:0' is not host:port"),
        ("openai=providers:65536", "'providers:65536' is not host:port"),
        ("openai=http://providers:50051", "'http://providers:50051' is not host:port"),
        ("openai=unix:/run/providers:1", "'unix:/run/providers:1' is not host:port"),
        ("openai=a:1,openai=b:1", "'openai' is there twice"),
    ],
)
def test_what_is_no_address_of_a_vendor_is_refused_with_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        addresses(monkeypatch, text)
    (error,) = caught.value.errors()
    assert error["loc"] == ("providers_addresses",)
    assert told in error["msg"]
