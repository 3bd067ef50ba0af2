"""Where a provider is, by what its definition says."""

import pytest

from resilience.clock import VirtualClock
from services.providers.adapters.vendors import known_vendors
from services.providers.domain.provider import ProviderDefinition

VENDORS = known_vendors(max_event=1000, now=VirtualClock().now)


def address(vendor: str, base_url: str = "", region: str = "", project: str = "") -> str:
    definition = ProviderDefinition("acme", "main", vendor, base_url, (), region=region, cloud_project=project)
    return VENDORS[vendor].of(definition).base_url


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "gemini", "cohere", "mistral"])
def test_a_base_url_of_its_own_comes_before_the_vendor_s(vendor: str) -> None:
    assert address(vendor).startswith("https://")
    assert address(vendor, "http://proxy:8080/v1") == "http://proxy:8080/v1"


def test_bedrock_is_where_the_region_is() -> None:
    assert address("bedrock", region="eu-west-3") == "https://bedrock-runtime.eu-west-3.amazonaws.com"
    assert address("bedrock", "https://vpce.internal", region="eu-west-3") == "https://vpce.internal"
    assert address("bedrock") == ""
