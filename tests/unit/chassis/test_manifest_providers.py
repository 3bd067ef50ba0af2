"""Providers in `seawall.yaml`: where they are, what their keys weigh, how their calls travel."""

import pytest

from chassis.manifest import Provider, ProviderKey, parse
from chassis.manifest.travel import RESERVED
from chassis.manifest.vendors import LOCATED, NAMES, NOT_CALLED, OWN_FIELDS, SELF_HOSTED
from resilience.errors import Failure

AZURE = "vendor: azure, base_url: https://acme.openai.azure.com"


def one(fields: str) -> str:
    return f"organization: acme\nproviders: [{{name: main, {fields}}}]"


def provider(fields: str) -> Provider:
    (found,) = parse(one(fields)).providers
    return found


def problems(fields: str) -> list[str]:
    with pytest.raises(Failure) as caught:
        parse(one(fields))
    return [line.removeprefix("providers[0].") for line in caught.value.message.splitlines()]


def test_a_key_weighs_one_unless_it_says_more() -> None:
    read = provider("vendor: openai, keys: [env:A, {key: env:B, weight: 3}, {key: env:C}]")
    assert read.keys == (ProviderKey(key="env:A"), ProviderKey(key="env:B", weight=3), ProviderKey(key="env:C"))
    assert [key.weight for key in read.keys] == [1, 3, 1]


@pytest.mark.parametrize("weight", [1, 1000])
def test_the_bounds_of_a_weight_are_weights(weight: int) -> None:
    assert provider(f"vendor: openai, keys: [{{key: env:A, weight: {weight}}}]").keys[0].weight == weight


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("[{key: env:A, weight: 0}]", "keys[0].weight: must be from 1 to 1000"),
        ("[env:A, {key: env:B, weight: 1001}]", "keys[1].weight: must be from 1 to 1000"),
        ("[{key: env:A, weight: 1.5}]", "keys[0].weight: input should be a valid integer"),
        ("[{key: env:A, weight: true}]", "keys[0].weight: input should be a valid integer"),
        ("[{weight: 2}]", "keys[0].key: is missing"),
        ("[{key: env:A, share: 2}]", "keys[0].share: is not known; known here: key, weight"),
        (
            "[{key: sk-hidden}]",
            "keys[0].key: is not a reference such as env:NAME; a secret itself is not accepted here",
        ),
        ("[5]", "keys[0]: is not a mapping"),
    ],
)
def test_what_is_no_weighted_key_is_told(keys: str, told: str) -> None:
    assert problems(f"vendor: openai, keys: {keys}") == [told]


def test_an_address_follows_from_where_a_provider_is() -> None:
    assert provider("vendor: bedrock, region: us-gov-west-1").base_url is None
    read = provider("vendor: vertex, region: global, cloud_project: example.com:acme-ai")
    assert (read.region, read.cloud_project) == ("global", "example.com:acme-ai")


def test_what_an_sdk_calls_needs_no_address() -> None:
    read = provider("vendor: litellm, sdk_vendor: nvidia_nim, keys: [env:A]")
    assert (read.base_url, read.sdk_vendor) == (None, "nvidia_nim")


def test_a_base_url_makes_the_rest_of_an_address_a_choice() -> None:
    assert provider('vendor: bedrock, base_url: "https://vpce.internal"').region is None
    assert provider('vendor: vertex, base_url: "https://vertex.internal/v1"').cloud_project is None


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            "vendor: bedrock",
            ["region: is missing: without a base_url, the address of vendor bedrock follows from it"],
        ),
        (
            "vendor: vertex, region: us-east5",
            ["cloud_project: is missing: without a base_url, the address of vendor vertex follows from it"],
        ),
        ("vendor: azure", ["base_url: is missing: vendor azure has no address of its own"]),
        ("vendor: openai, region: us-east-1", ["region: means nothing to vendor openai; it is for bedrock and vertex"]),
        (
            "vendor: bedrock, region: us-east-1, cloud_project: acme-ai",
            ["cloud_project: means nothing to vendor bedrock; it is for vertex"],
        ),
        (
            "vendor: anthropic, api_version: 2024-10-21",
            ["api_version: means nothing to vendor anthropic; it is for azure"],
        ),
        (
            "vendor: openai, sdk_vendor: openai",
            ["sdk_vendor: means nothing to vendor openai; it is for litellm"],
        ),
        ("vendor: litellm", ["sdk_vendor: is missing: vendor litellm asks whom it names"]),
        (
            'vendor: litellm, base_url: "http://gpu-1:8000/v1"',
            ["sdk_vendor: is missing: vendor litellm asks whom it names"],
        ),
        (
            "vendor: litellm, sdk_vendor: replicate, proxy: env:PROXY, ca: env:CA, headers: {x-team: ml}",
            [
                "proxy: means nothing to vendor litellm: its SDK connects by itself",
                "ca: means nothing to vendor litellm: its SDK connects by itself",
                "headers: means nothing to vendor litellm: its SDK connects by itself",
            ],
        ),
    ],
)
def test_what_a_vendor_needs_is_wanted_and_what_means_nothing_to_it_is_refused(fields: str, told: list[str]) -> None:
    assert problems(fields) == told


@pytest.mark.parametrize(
    "region", ["us-east-1", "europe-west4", "global", "us", "ap-southeast-2", "northamerica-northeast1"]
)
def test_regions_of_clouds_are_regions(region: str) -> None:
    assert provider(f"vendor: bedrock, region: {region}").region == region


@pytest.mark.parametrize(
    "region", ["", "u", "US-EAST-1", "us-east-1.evil.example", "us/east", "us east", "-us", "us-", "1-us", "a" * 33]
)
def test_what_could_lead_to_another_host_is_no_region(region: str) -> None:
    (told,) = problems(f'vendor: bedrock, region: "{region}"')
    assert told.startswith("region: is not a region such as us-east-1")


@pytest.mark.parametrize("project", ["acme-ai", "123456789012", "example.com:acme-ai", "a12345"])
def test_ids_and_numbers_are_projects_of_a_cloud(project: str) -> None:
    assert provider(f"vendor: vertex, region: us, cloud_project: {project}").cloud_project == project


@pytest.mark.parametrize("project", ["acme", "Acme-AI", "acme-ai-", "1acme-ai", "acme/ai", "../acme-ai", "a" * 31, "0"])
def test_what_is_no_project_of_a_cloud_is_refused(project: str) -> None:
    (told,) = problems(f'vendor: vertex, region: us, cloud_project: "{project}"')
    assert told.startswith("cloud_project: is not the id or the number of a project")


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("2024-10-21", "2024-10-21"),
        ('"2024-10-21"', "2024-10-21"),
        ("2025-04-01-preview", "2025-04-01-preview"),
        ("preview", "preview"),
    ],
)
def test_a_version_is_a_date_with_and_without_quotes(written: str, version: str) -> None:
    assert provider(f"{AZURE}, api_version: {written}").api_version == version


@pytest.mark.parametrize("version", ["v1", "2024-10-21-beta", "2024-10-21&x=1", "2024-10-21T00:00:00", "true"])
def test_what_is_no_version_is_refused(version: str) -> None:
    (told,) = problems(f"{AZURE}, api_version: {version}")
    assert told.startswith("api_version: ")


@pytest.mark.parametrize("name", ["replicate", "nvidia_nim", "nano-gpt", "ai21", "v0", "a" * 63])
def test_names_of_litellms_vendors_are_those_of_an_sdks_vendor(name: str) -> None:
    assert provider(f"vendor: litellm, sdk_vendor: {name}").sdk_vendor == name


@pytest.mark.parametrize("name", ["", "Replicate", "openai/", "replicate/meta", "_x", "a b", "http://x", "*", "a" * 64])
def test_what_could_hold_more_than_a_vendors_name_is_none(name: str) -> None:
    (told,) = problems(f'vendor: litellm, sdk_vendor: "{name}"')
    assert told.startswith("sdk_vendor: is not LiteLLM's name of a vendor, such as nvidia_nim")


@pytest.mark.parametrize("name", NOT_CALLED)
def test_whom_the_sdk_would_not_ask_with_the_providers_key_is_refused(name: str) -> None:
    assert problems(f"vendor: litellm, sdk_vendor: {name}") == [
        f"sdk_vendor: is not called by vendor litellm: {NOT_CALLED[name]}"
    ]


@pytest.mark.parametrize(
    "proxy", ["http://proxy:3128", "https://proxy.internal", "env:PROXY", "file:/run/secrets/proxy"]
)
def test_a_proxy_is_a_url_or_a_reference(proxy: str) -> None:
    assert provider(f'vendor: openai, proxy: "{proxy}"').proxy == proxy


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("http://user:hidden@proxy:3128", "proxy: must not hold credentials; they are given by references"),
        ("http://@proxy", "proxy: must not hold credentials; they are given by references"),
        ("socks5://proxy", "proxy: is not a URL of http or https, in ASCII, with a host"),
        ("proxy:3128", "proxy: is not a URL of http or https, in ASCII, with a host"),
        ("http://proxy?x=1", "proxy: must have no query and no fragment"),
        ("http://" + "p" * 2048, "proxy: must be at most 2048 characters"),
    ],
)
def test_what_is_no_proxy_is_refused_and_not_repeated(proxy: str, told: str) -> None:
    assert problems(f'vendor: openai, proxy: "{proxy}"') == [told]


@pytest.mark.parametrize("field", ["base_url", "proxy"])
@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("169.254.169.254", "the address of a cloud's metadata"),
        ("[fe80::1]", "a link-local address"),
        ("0.0.0.0", "no address of one host"),
    ],
)
def test_what_is_never_called_is_told_at_once(field: str, host: str, told: str) -> None:
    assert problems(f'vendor: openai, {field}: "http://{host}/v1"') == [f"{field}: is {told}, which nothing calls"]


def test_what_an_operator_may_allow_is_a_url() -> None:
    assert provider('vendor: vllm, base_url: "http://10.0.0.7:8000/v1"').base_url == "http://10.0.0.7:8000/v1"


def test_authorities_are_given_by_reference() -> None:
    assert provider("vendor: openai, ca: file:/run/secrets/ca.pem").ca == "file:/run/secrets/ca.pem"
    (told,) = problems('vendor: openai, ca: "-----BEGIN CERTIFICATE-----"')
    assert told.startswith("ca: is not a reference such as env:NAME")


def test_headers_are_a_mapping_of_values_and_references() -> None:
    read = provider('vendor: openai, headers: {X-Team: ml platform, x-token: env:TOKEN, "!#$%&\'*+.^_`|~": "7"}')
    assert read.headers == {"X-Team": "ml platform", "x-token": "env:TOKEN", "!#$%&'*+.^_`|~": "7"}


@pytest.mark.parametrize("name", [*sorted(RESERVED), "Authorization", "X-API-Key", "Content-Type", "content-anything"])
def test_what_seawall_itself_says_is_no_header_of_an_operator(name: str) -> None:
    assert problems(f"vendor: openai, headers: {{{name}: a}}") == [
        f"headers.{name}: is a header that Seawall itself says"
    ]


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ('{"x team": a}', "headers.x team: is not the name of a header"),
        ('{"x:y": a}', "headers.x:y: is not the name of a header"),
        ('{"": a}', "headers.: is not the name of a header"),
        ('{"ä": a}', "headers.ä: is not the name of a header"),
        ('{x: "hidden\\r\\nhost: b"}', "headers.x: must be 1 to 4096 printable ASCII characters"),
        ('{x: "hidden "}', "headers.x: must be 1 to 4096 printable ASCII characters"),
        ('{x: ""}', "headers.x: must be 1 to 4096 printable ASCII characters"),
        (f"{{x: {'a' * 4097}}}", "headers.x: must be 1 to 4096 printable ASCII characters"),
        ("{x: env:no-such-form}", "headers.x: begins as a reference does, and is none: env:NAME or file:/PATH"),
        ("{x: 7}", "headers.x: input should be a valid string"),
        ("{X-Team: a, x-team: b}", "headers: 'x-team' is there twice, whatever its case"),
        (f"{{{', '.join(f'x-{n}: a' for n in range(33))}}}", "headers: must be from 0 to 32"),
        ("[x]", "headers: is not a mapping"),
    ],
)
def test_what_is_no_header_is_told_by_its_name_and_not_repeated(headers: str, told: str) -> None:
    (said,) = problems(f"vendor: openai, headers: {headers}")
    assert said.startswith(told)
    assert "hidden" not in said


def test_as_many_headers_as_may_be_and_the_longest_value() -> None:
    names, value = [f"x-{n}" for n in range(32)], "a" * 4096
    read = provider(f"vendor: openai, headers: {{{', '.join(f'{name}: {value}' for name in names)}}}")
    assert list(read.headers) == names


def test_a_field_that_there_is_not_is_told_with_those_that_there_are() -> None:
    known = "name, vendor, base_url, region, cloud_project, api_version, sdk_vendor, keys, proxy, ca, headers"
    assert problems("vendor: bedrock, zone: a") == [f"zone: is not known; known here: {known}"]


def test_what_is_known_of_vendors_is_of_vendors_that_there_are() -> None:
    assert set(LOCATED) <= set(SELF_HOSTED)
    assert {vendor for vendors in OWN_FIELDS.values() for vendor in vendors} <= set(NAMES)
    assert {(field, vendor) for vendor, fields in LOCATED.items() for field in fields} <= {
        (field, vendor) for field, vendors in OWN_FIELDS.items() for vendor in vendors
    }, "what an address follows from is what the vendor may say"
