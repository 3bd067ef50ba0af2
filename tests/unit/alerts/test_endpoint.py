"""Which URLs and signing secrets may be used."""

import base64

import pytest

from resilience.errors import Failure
from services.alerts.domain.endpoint import Endpoint, check_signing_secret, check_url


@pytest.mark.parametrize("url", ["https://example.com/a?b=c", "http://127.0.0.1:8080", "https://[::1]:8443/x"])
def test_http_and_https_urls_may_be_called(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://s3cret.example.com",
        "file:///etc/s3cret",
        "s3cret",
        "",
        "https://",
        "https:///s3cret",
        "https://user:s3cret@example.com/",
        "https://s3cret@example.com/",
        "https://example.com:99999/s3cret",
        "https://[::1/s3cret",
        "https://example.com/\r\ns3cret: x",
        "https://example.com/ s3cret",
        "https://example.com/s3cret" + "a" * 2048,
    ],
)
def test_any_other_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Failure) as failure:
        check_url(url)
    assert "s3cret" not in failure.value.message


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("169.254.169.254", "leads to the address of a cloud's metadata"),
        ("[::ffff:a9fe:a9fe]", "leads to the address of a cloud's metadata"),
        ("[fd00:ec2::254]", "leads to the address of a cloud's metadata"),
        ("[fe80::1]", "leads to a link-local address"),
        ("0.0.0.0", "leads to no address of one host"),
        ("2852039166", "names a host in an unusual way"),
        ("0xa9.0xfe.0xa9.0xfe", "names a host in an unusual way"),
        ("good.example\\@169.254.169.254", "holds a user name"),
        ("169.254.169.254\\.example", "names a host in an unusual way"),
    ],
)
def test_a_url_that_leads_to_what_gives_out_credentials_is_refused(host: str, why: str) -> None:
    with pytest.raises(Failure, match=why):
        check_url(f"http://{host}/latest")


def test_an_endpoint_does_not_show_what_it_holds() -> None:
    shown = repr(Endpoint("https://example.com/T0KEN", "whsec_abc"))
    assert "T0KEN" not in shown
    assert "whsec" not in shown


@pytest.mark.parametrize("size", [24, 32, 64])
def test_a_secret_of_24_to_64_bytes_may_sign(size: int) -> None:
    check_signing_secret("whsec_" + base64.b64encode(b"k" * size).decode())


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        base64.b64encode(b"k" * 32).decode(),
        "whsec_" + base64.b64encode(b"k" * 23).decode(),
        "whsec_" + base64.b64encode(b"k" * 65).decode(),
        "whsec_not base64 at all, not at all!!",
        "whsec_ключ",
    ],
)
def test_any_other_secret_is_refused(secret: str) -> None:
    with pytest.raises(Failure, match="whsec_"):
        check_signing_secret(secret)
