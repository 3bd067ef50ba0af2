"""Heads of requests: what they say, and that nothing in them can be read as something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.http_url import HttpUrl
from services.providers.adapters.http.head import heads

PLAIN = heads(HttpUrl.read("http://vendor.example:8080"), None)


def lines(head: bytes) -> list[str]:
    return head.decode("latin-1").split("\r\n")


def test_a_head_asks_for_the_path_of_the_host_and_leaves_only_the_length_to_say() -> None:
    assert lines(PLAIN("/v1/chat?a=b", (("content-type", "application/json"),))) == [
        "POST /v1/chat?a=b HTTP/1.1",
        "host: vendor.example:8080",
        "accept: */*",
        "accept-encoding: identity",
        "content-type: application/json",
        "content-length: ",
    ]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://vendor.example", "vendor.example"),
        ("https://vendor.example:443", "vendor.example"),
        ("https://vendor.example:80", "vendor.example:80"),
        ("http://[::1]", "[::1]"),
        ("http://[::1]:81", "[::1]:81"),
        ("http://user:password@vendor.example", "vendor.example"),
    ],
)
def test_the_host_is_the_urls_with_a_port_that_is_not_the_schemes_own_and_without_a_user(url: str, host: str) -> None:
    assert lines(heads(HttpUrl.read(url), None)("/", ()))[1] == f"host: {host}"


def test_a_proxy_is_shown_its_user_and_the_whole_url_where_it_reads_the_call_and_neither_in_a_tunnel() -> None:
    proxy = HttpUrl.read("http://seawall:pass%40word@proxy.example:3128")
    read = lines(heads(HttpUrl.read("http://vendor.example"), proxy)("/v1", ()))
    assert read[0] == "POST http://vendor.example/v1 HTTP/1.1"
    assert "proxy-authorization: Basic c2Vhd2FsbDpwYXNzQHdvcmQ=" in read
    hidden = lines(heads(HttpUrl.read("https://vendor.example"), proxy)("/v1", ()))
    assert hidden[0] == "POST /v1 HTTP/1.1"
    assert not any(line.startswith("proxy") for line in hidden)


@pytest.mark.parametrize(
    ("rest", "target"),
    [
        ("", "/"),
        ("?a=b", "/?a=b"),
        ("/a b/\u00e9%2Fx", "/a%20b/%C3%A9%2Fx"),
        ("/v1?a=b#fragment", "/v1?a=b"),
        ("/v1 HTTP/1.1\r\nhost: other\r\n\r\n", "/v1%20HTTP/1.1%0D%0Ahost:%20other%0D%0A%0D%0A"),
    ],
)
def test_what_no_target_may_hold_is_escaped_and_a_fragment_is_not_sent(rest: str, target: str) -> None:
    assert lines(PLAIN(rest, ()))[0] == f"POST {target} HTTP/1.1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-team", "a\r\nhost: other"),
        ("x-team", "a\nb"),
        ("x-team", "a\rb"),
        ("x-team", "a\0b"),
        ("x-team", "\u65e5\u672c"),
        ("x-team", "a\x7f"),
        ("x team", "a"),
        ("x-team:", "a"),
        ("x\r\ny", "a"),
        ("", "a"),
        ("Host", "other"),
        ("content-length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("proxy-authorization", "Basic x"),
    ],
)
def test_a_header_that_would_say_something_else_is_refused_without_being_repeated(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"^a header cannot be sent$"):
        PLAIN("/v1", ((name, value),))


@given(rest=st.text(), name=st.text(min_size=1), value=st.text())
def test_no_header_and_no_path_adds_a_line(rest: str, name: str, value: str) -> None:
    try:
        head = PLAIN(rest, ((name, value),))
    except ValueError:
        return
    first, *more = head.split(b"\r\n")
    assert len(more) == 5
    assert b"\n" not in b"".join([first, *more])
    assert len(first.split(b" ")) == 3
