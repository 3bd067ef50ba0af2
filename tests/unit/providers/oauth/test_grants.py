"""The credentials that are exchanged for tokens, as their operators keep them."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from resilience.errors import Failure, Reason
from services.providers.adapters.azure import entra
from services.providers.adapters.azure.entra import ClientCredentials
from services.providers.adapters.vertex import service_account
from services.providers.adapters.vertex.assertion import Assertion

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PEM = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)
APPLICATION = {"tenant_id": "t-1", "client_id": "c-1", "client_secret": "very-secret"}
KEY = {"type": "service_account", "client_email": "chat@ours.example", "private_key": PEM, "private_key_id": "k-1"}
of_google = partial(service_account.grant, now=lambda: NOW)


def asked(**said: str) -> ClientCredentials:
    grant = entra.grant(json.dumps(APPLICATION | said))
    assert isinstance(grant, ClientCredentials)
    return grant


def test_an_application_is_let_in_by_its_tenant() -> None:
    assert asked().url == "https://login.microsoftonline.com/t-1/oauth2/v2.0/token"
    assert asked().form == {
        "grant_type": "client_credentials",
        "client_id": "c-1",
        "client_secret": "very-secret",
        "scope": "https://cognitiveservices.azure.com/.default",
    }


def test_another_cloud_has_another_authority_and_another_scope() -> None:
    grant = asked(authority="https://login.microsoftonline.US/", scope="https://cognitiveservices.azure.us/.default")
    assert grant.url == "https://login.microsoftonline.us/t-1/oauth2/v2.0/token"
    assert grant.form["scope"] == "https://cognitiveservices.azure.us/.default"


def test_no_tenant_s_name_leads_out_of_its_place() -> None:
    assert asked(tenant_id="../x?y").url.startswith("https://login.microsoftonline.com/..%2Fx%3Fy/")


def test_a_service_account_is_let_in_by_google() -> None:
    grant = of_google(json.dumps(KEY))
    assert isinstance(grant, Assertion)
    assert (grant.url, grant.email) == ("https://oauth2.googleapis.com/token", "chat@ours.example")


@pytest.mark.parametrize("secret", ["3f0a0123456789abcdef", "AIzaSyA0123456789abcdef", '["a"]', "key:with:colons"])
def test_what_is_no_document_is_shown_as_it_is(secret: str) -> None:
    assert entra.grant(secret) is None
    assert of_google(secret) is None


@pytest.mark.parametrize(
    "said",
    [
        "{",
        "{}",
        json.dumps({**APPLICATION, "client_secret": ""}),
        json.dumps({**APPLICATION, "client_secret": 7}),
        json.dumps({**APPLICATION, "authority": "login.microsoftonline.com"}),
        json.dumps({**APPLICATION, "authority": "file:///etc/passwd"}),
        json.dumps(KEY),
    ],
)
def test_a_document_that_is_no_application_s_is_told_of_without_what_is_in_it(said: str) -> None:
    assert_told_of(entra.grant, said, "one with tenant_id, client_id and client_secret")


@pytest.mark.parametrize(
    "said",
    [
        "{",
        "{}",
        json.dumps({**KEY, "type": "authorized_user"}),
        json.dumps({**KEY, "private_key": "very-secret"}),
        json.dumps({**KEY, "private_key": PEM[:200]}),
        json.dumps({**KEY, "token_uri": "oauth2.googleapis.com"}),
        json.dumps(APPLICATION),
    ],
)
def test_a_document_that_is_no_service_account_s_is_told_of_without_what_is_in_it(said: str) -> None:
    assert_told_of(of_google, said, "the key of a service account")


def assert_told_of(grant: Any, said: str, what: str) -> None:
    with pytest.raises(Failure) as refused:
        grant(said)
    assert refused.value.reason is Reason.INVALID_REQUEST
    assert refused.value.message == f"The credential is a JSON document, but not {what}."


def test_no_grant_prints_what_is_secret() -> None:
    assert "very-secret" not in repr(asked())
    assert "PRIVATE" not in repr(of_google(json.dumps(KEY)))
