"""What a vendor calls a request, in the header that its own SDK reads, where that reads one."""

from collections.abc import Mapping

import anthropic
import botocore.model
import botocore.parsers
import httpx2
import openai
import pytest

from resilience.clock import VirtualClock
from services.providers.adapters.vendors import known_vendors

VENDORS = known_vendors(max_event=1000, now=VirtualClock().now)


def of(vendor: str, headers: Mapping[str, str]) -> str:
    return VENDORS[vendor].request_id(lambda name: headers.get(name, ""))


@pytest.mark.parametrize(
    ("vendor", "header"),
    [
        ("openai", "x-request-id"),
        ("groq", "x-request-id"),
        ("openai-compatible", "x-request-id"),
        ("anthropic", "request-id"),
        ("azure", "apim-request-id"),
        ("azure", "x-request-id"),
        ("bedrock", "x-amzn-requestid"),
        ("cohere", "x-debug-trace-id"),
        ("mistral", "mistral-correlation-id"),
        ("mistral", "x-kong-request-id"),
    ],
)
def test_each_vendors_header_is_read_and_no_others(vendor: str, header: str) -> None:
    others = {name: "other" for known in VENDORS.values() for name in known.request_id_headers}
    own = VENDORS[vendor].request_id_headers
    assert (
        of(vendor, {**{name: said for name, said in others.items() if name not in own}, header: "theirs"}) == "theirs"
    )


def test_the_first_that_is_said_counts() -> None:
    assert of("azure", {"x-request-id": "second", "apim-request-id": "first"}) == "first"


@pytest.mark.parametrize("vendor", ["gemini", "vertex"])
def test_some_vendors_say_none(vendor: str) -> None:
    assert of(vendor, {"x-request-id": "somebody's between"}) == ""


def test_openais_sdk_reads_the_same_header() -> None:
    headers = dict.fromkeys(VENDORS["openai"].request_id_headers, "theirs")
    response = httpx2.Response(400, headers=headers, request=httpx2.Request("POST", "https://vendor"))
    assert openai.APIStatusError("", response=response, body=None).request_id == of("openai", headers) == "theirs"


def test_anthropics_sdk_reads_the_same_header() -> None:
    headers = dict.fromkeys(VENDORS["anthropic"].request_id_headers, "theirs")
    response = httpx2.Response(400, headers=headers, request=httpx2.Request("POST", "https://vendor"))
    assert anthropic.APIStatusError("", response=response, body=None).request_id == of("anthropic", headers) == "theirs"


def test_botocore_reads_the_same_header() -> None:
    parser = botocore.parsers.RestJSONParser()
    (header,) = VENDORS["bedrock"].request_id_headers
    shape = botocore.model.StructureShape("Output", {"type": "structure", "members": {}})
    parsed = parser.parse({"status_code": 200, "headers": {header: "theirs"}, "body": b"{}"}, shape)
    assert parsed["ResponseMetadata"]["RequestId"] == "theirs"
