"""Whether a request is what an access key of AWS has signed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from simulator.dialects.bedrock.signature import Asked, Signed, read_authorization, signature_of, verify
from simulator.dialects.rejected import RejectedError

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PATH = "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aprompt-router%2Fa%20b~_-.%25/converse"


def signed(monkeypatch: pytest.MonkeyPatch, at: datetime = NOW, service: str = "bedrock") -> tuple[Asked, Signed]:
    """A request as botocore signs it."""
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: at)
    request = AWSRequest(
        "POST", f"http://h:1{PATH}", {"content-type": "application/json", "x-amz-note": " two  words "}, b'{"a":1}'
    )
    SigV4Auth(Credentials("AKID", "s/e+c", "token=="), service, "eu-west-1").add_auth(request)
    headers = tuple((name.lower(), value) for name, value in {**request.headers, "host": "h:1"}.items())
    said = read_authorization(request.headers["Authorization"])
    assert isinstance(said, Signed)
    return Asked("POST", PATH, "", headers, b'{"a":1}'), said


def test_awss_own_example_has_its_signature() -> None:
    """docs.aws.amazon.com's test suite of Signature Version 4, `get-vanilla`."""
    asked = Asked("GET", "/", "", (("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")), b"")
    said = Signed("AKIDEXAMPLE", "20150830", "us-east-1", "service", ("host", "x-amz-date"), "")
    expected = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
    assert signature_of(asked, said, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY") == expected


def test_what_botocore_signs_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, said = signed(monkeypatch)
    verify(asked, said, "s/e+c", NOW)
    verify(asked, said, "s/e+c", NOW + timedelta(minutes=15))
    verify(asked, said, "s/e+c", NOW - timedelta(minutes=5))


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b'{"a":2}'},
        {"path": PATH.replace("converse", "converse-stream")},
        {"path": PATH.replace("%2F", "/")},
        {"query": "a=1"},
        {"method": "PUT"},
    ],
)
def test_what_was_changed_on_the_way_is_refused(monkeypatch: pytest.MonkeyPatch, changed: dict[str, object]) -> None:
    asked, said = signed(monkeypatch)
    with pytest.raises(RejectedError, match="signature we calculated does not match") as caught:
        verify(replace(asked, **changed), said, "s/e+c", NOW)  # type: ignore[arg-type]  # each value is of its field
    assert (caught.value.status, caught.value.code) == (403, "InvalidSignatureException")


@pytest.mark.parametrize("name", ["host", "content-type", "x-amz-security-token", "x-amz-note"])
def test_a_changed_header_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    asked, said = signed(monkeypatch)
    headers = tuple((key, "other" if key == name else value) for key, value in asked.headers)
    with pytest.raises(RejectedError, match="does not match"):
        verify(replace(asked, headers=headers), said, "s/e+c", NOW)


def test_a_header_of_awss_that_was_not_signed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, said = signed(monkeypatch)
    more = replace(asked, headers=(*asked.headers, ("x-amz-more", "1")))
    with pytest.raises(RejectedError, match="'x-amz-more' must be a 'SignedHeader'"):
        verify(more, said, None, NOW)


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (timedelta(minutes=15, seconds=1), "Signature expired: 20260304T050607Z is now earlier than 20260304T050608Z "),
        (-timedelta(minutes=5, seconds=1), "Signature not yet current: 20260304T050607Z is still later than"),
    ],
)
def test_a_signature_of_another_time_is_refused(monkeypatch: pytest.MonkeyPatch, late: timedelta, words: str) -> None:
    asked, said = signed(monkeypatch)
    with pytest.raises(RejectedError) as caught:
        verify(asked, said, "s/e+c", NOW + late)
    assert caught.value.message.startswith(words)
    assert caught.value.code == "InvalidSignatureException"


def test_a_signature_for_another_service_or_day_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, said = signed(monkeypatch, service="s3")
    with pytest.raises(RejectedError, match="scoped to correct service"):
        verify(asked, said, "s/e+c", NOW)
    asked, said = signed(monkeypatch)
    with pytest.raises(RejectedError, match="Date in Credential scope"):
        verify(asked, replace(said, date="20260305"), "s/e+c", NOW)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("", "MissingAuthenticationTokenException"),
        ("Basic abc", "MissingAuthenticationTokenException"),
        ("Bearer ", "MissingAuthenticationTokenException"),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=é",
            "IncompleteSignatureException",
        ),
        ("AWS4-HMAC-SHA256 Credential=a", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=f", "IncompleteSignatureException"),
    ],
)
def test_what_is_no_signature_is_named(header: str, kind: str) -> None:
    with pytest.raises(RejectedError) as caught:
        read_authorization(header)
    assert (caught.value.status, caught.value.code) == (403, kind)


def test_a_bearer_key_is_read_as_it_is() -> None:
    assert read_authorization("Bearer ABSK-1") == "ABSK-1"
