"""How a request to Bedrock is authenticated, against botocore's own signer and the specification."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Reason
from services.providers.adapters.bedrock.auth import AccessKey, read_credential, region_of
from services.providers.adapters.bedrock.dialect import BedrockDialect
from services.providers.adapters.bedrock.requests import path_of
from services.providers.application.ports import CONTENT_TYPE, Headers
from services.providers.domain.failure import VendorFailure
from services.providers.domain.scrub import MASK, scrub

NOW = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEOj//+/token=="
HOST = "https://bedrock-runtime.us-east-1.amazonaws.com"
URL = f"{HOST}{path_of('us.anthropic.claude-sonnet-4-5-20250929-v1:0', stream=False)}"
DIALECT = BedrockDialect(max_event=1, now=lambda: NOW)


def of_botocore(url: str, body: bytes, token: str | None) -> dict[str, str]:
    request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
    SigV4Auth(Credentials(KEY, SECRET, token), "bedrock", "us-east-1").add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def of_the_specification(url: str, body: bytes, headers: Headers) -> str:
    """The signature, by the steps of AWS's guide to signing by hand."""
    host, _, path = url.removeprefix("https://").partition("/")
    signed = {**dict(headers), "host": host, CONTENT_TYPE[0]: CONTENT_TYPE[1]}
    signed.pop("authorization")
    canonical = "\n".join(
        [
            "POST",
            quote(f"/{path}", safe="/~"),
            "",
            *(f"{name}:{signed[name]}" for name in sorted(signed)),
            "",
            ";".join(sorted(signed)),
            hashlib.sha256(body).hexdigest(),
        ]
    )
    day, scope = "20261121", "20261121/us-east-1/bedrock/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET}".encode()
    for step in (day, "us-east-1", "bedrock", "aws4_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    said = f"AWS4-HMAC-SHA256\n20261121T123456Z\n{scope}\n{digest}"
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("token", ["", TOKEN])
@pytest.mark.parametrize(
    "model",
    ["amazon.nova-lite-v1:0", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123", "ü b%3A"],
)
@pytest.mark.parametrize("body", [b"", b"{}", "{'x': '🌊'}".encode() * 1000])
def test_a_request_is_signed_as_botocore_signs_it(
    token: str, model: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    url = HOST + path_of(model, stream=True)
    headers = DIALECT.authenticate(":".join(filter(None, (KEY, SECRET, token))), url, body)
    wanted = of_botocore(url, body, token or None)
    assert dict([CONTENT_TYPE, *headers]) == wanted
    assert wanted["authorization"].endswith(f"Signature={of_the_specification(url, body, headers)}")


@given(st.binary(max_size=50), st.text(min_size=1, max_size=20).filter(lambda model: model.strip(".")))
def test_whatever_is_asked_is_signed_as_it_is_specified(body: bytes, model: str) -> None:
    url = HOST + path_of(model, stream=False)
    headers = DIALECT.authenticate(f"{KEY}:{SECRET}", url, body)
    assert dict(headers)["authorization"].endswith(f"Signature={of_the_specification(url, body, headers)}")


def test_another_body_or_time_has_another_signature() -> None:
    later = BedrockDialect(max_event=1, now=lambda: NOW.replace(minute=35))
    secret = f"{KEY}:{SECRET}"
    said = {dialect.authenticate(secret, URL, body) for dialect in (DIALECT, later) for body in (b"1", b"2")}
    assert len(said) == 4


@pytest.mark.parametrize("key", ["ABSKQmVkcm9ja0FQSUtleS1hYmM=", "bedrock-api-key-YmVkcm9jay5hbWF6b24="])
def test_a_bedrock_api_key_is_shown_wherever_the_host_is(key: str) -> None:
    assert DIALECT.authenticate(key, "http://localhost/model/x/converse", b"") == (("authorization", f"Bearer {key}"),)


def test_nothing_of_a_key_is_seen_where_aws_repeats_what_was_signed() -> None:
    token = "IQoJb3JpZ2luX2VjEOj//////////token=="
    said = f"Credential={KEY}/20261121, x-amz-security-token:{token}, with {SECRET}, or ABSKQmVkcm9ja0FQSUtleS1hYmM="
    shown = scrub(json.dumps({"message": said}).encode(), [f"{KEY}:{SECRET}:{token}"]).decode()
    assert json.loads(shown)["message"].count(MASK.decode()) == 4
    assert not any(part in shown for part in (KEY, SECRET, token, "ABSK"))


def test_where_there_is_no_secret_nothing_is_shown() -> None:
    assert DIALECT.authenticate(None, URL, b"") == ()


@pytest.mark.parametrize(
    "secret",
    ["", KEY, "ASIAIOSFODNN7EXAMPLE", ":", f"{KEY}:", f":{SECRET}", f"{KEY}:{SECRET}:", f"{KEY}:{SECRET}:a:b", "sk:x"],
)
def test_what_is_no_credential_is_refused_before_the_vendor_does(secret: str) -> None:
    with pytest.raises(VendorFailure) as raised:
        DIALECT.authenticate(secret, URL, b"")
    assert raised.value.reason is Reason.VENDOR_AUTHENTICATION
    assert SECRET not in raised.value.message


def test_a_key_does_not_print_its_secrets() -> None:
    key = read_credential(f"{KEY}:{SECRET}:{TOKEN}")
    assert key == AccessKey(KEY, SECRET, TOKEN)
    assert SECRET not in repr(key)
    assert TOKEN not in repr(key)


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("bedrock-runtime.eu-central-1.api.aws:8443", "eu-central-1"),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ("vpce-1-2.bedrock-runtime.ap-southeast-2.vpce.amazonaws.com", "ap-southeast-2"),
    ],
)
def test_the_host_tells_the_region(host: str, region: str) -> None:
    assert region_of(f"https://{host}/model/x/converse") == region


def test_a_host_that_names_no_region_is_signed_for_in_the_provider_s_own() -> None:
    said = dict(signed_in("ca-central-1", "https://vpce.internal/model/x/converse"))
    assert "/ca-central-1/bedrock/aws4_request" in said["authorization"]


def test_what_the_host_names_comes_before_what_the_provider_says() -> None:
    said = dict(signed_in("ca-central-1", URL))
    assert "/us-east-1/bedrock/aws4_request" in said["authorization"]


def signed_in(region: str, url: str) -> Headers:
    dialect = BedrockDialect(max_event=1, now=lambda: NOW, region=region)
    return dialect.authenticate(f"{KEY}:{SECRET}", url, b"")


@pytest.mark.parametrize("host", ["localhost", "bedrock.us-east-1.amazonaws.com", "xbedrock-runtime.us-east-1.com", ""])
def test_a_host_without_a_region_is_told_of(host: str) -> None:
    with pytest.raises(VendorFailure, match="no region, and its base URL names none") as raised:
        DIALECT.authenticate(f"{KEY}:{SECRET}", f"https://{host}/model/x/converse", b"")
    assert raised.value.reason is Reason.VENDOR_AUTHENTICATION
