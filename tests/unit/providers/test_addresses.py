"""Where a provider is, by what its definition says."""

import pytest
from google.auth.credentials import AnonymousCredentials
from google.genai import Client
from google.genai.types import HttpOptions

from resilience.clock import VirtualClock
from services.providers.adapters.vendors import known_vendors
from services.providers.domain.provider import ProviderDefinition

VENDORS = known_vendors(max_event=1000, now=VirtualClock().now)


def address(vendor: str, base_url: str = "", region: str = "", project: str = "", version: str = "") -> str:
    definition = ProviderDefinition(
        "acme", "main", vendor, base_url, (), region=region, cloud_project=project, api_version=version
    )
    return VENDORS[vendor].of(definition).base_url


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "gemini", "cohere", "mistral"])
def test_a_base_url_of_its_own_comes_before_the_vendor_s(vendor: str) -> None:
    assert address(vendor).startswith("https://")
    assert address(vendor, "http://proxy:8080/v1") == "http://proxy:8080/v1"


def test_bedrock_is_where_the_region_is() -> None:
    assert address("bedrock", region="eu-west-3") == "https://bedrock-runtime.eu-west-3.amazonaws.com"
    assert address("bedrock", "https://vpce.internal", region="eu-west-3") == "https://vpce.internal"
    assert address("bedrock") == ""


def test_azure_is_where_its_resource_is() -> None:
    assert address("azure", "https://name.openai.azure.com/") == "https://name.openai.azure.com/openai/v1"
    assert address("azure", "https://name.openai.azure.com/", version="preview").endswith(".com/openai/v1")
    assert address("azure", "https://name.openai.azure.com", version="2024-10-21").endswith(".com/openai")
    assert address("azure") == ""


@pytest.mark.parametrize("given", ["", "/", "/openai", "/openai/", "/openai/v1", "/openai/v1/"])
def test_what_azure_s_portal_shows_as_the_address_is_one(given: str) -> None:
    base = "https://name.services.ai.azure.com/api/projects/ours"
    assert address("azure", base + given) == f"{base}/openai/v1"
    assert address("azure", base + given, version="2025-04-01-preview") == f"{base}/openai"


@pytest.mark.parametrize("location", ["us-central1", "europe-west4", "global", "us", "eu", ""])
def test_vertex_is_where_google_s_own_sdk_looks_for_it(location: str) -> None:
    asked = address("vertex", region=location, project="our-project") + "/models/gemini:generateContent"
    assert asked == of_google(project="our-project", location=location or None)


def test_vertex_behind_an_address_of_its_own_has_the_same_path() -> None:
    asked = address("vertex", "http://127.0.0.1:9/", region="eu", project="p") + "/models/gemini:generateContent"
    assert asked == of_google(project="p", location="eu", base_url="http://127.0.0.1:9")


def test_vertex_without_a_project_is_its_express_mode() -> None:
    assert address("vertex") + "/models/gemini:generateContent" == of_google(api_key="key")


def test_no_word_of_an_operator_s_leads_out_of_its_place() -> None:
    assert "/projects/a%2F..%2Fb/locations/c%3Fd/" in address("vertex", "http://v", region="c?d", project="a/../b")


def of_google(
    base_url: str | None = None, api_key: str | None = None, project: str | None = None, location: str | None = None
) -> str:
    credentials = None if api_key is not None else AnonymousCredentials()  # type: ignore[no-untyped-call]  # half typed
    client = Client(
        vertexai=True,
        credentials=credentials,
        api_key=api_key,
        project=project,
        location=location,
        http_options=HttpOptions(api_version="v1", base_url=base_url),
    )
    asked = client._api_client._build_request("post", "publishers/google/models/gemini:generateContent", {}, None)
    return asked.url
