"""A URL that two parsers could read in two ways is none."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.http_url import HttpUrl


@pytest.mark.parametrize(
    ("written", "read", "host", "port"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1", "api.openai.com", 443),
        ("HTTP://GPU-1:8000/v1", "http://gpu-1:8000/v1", "gpu-1", 8000),
        ("https://vllm.ns.svc.cluster.local.:443/v1", "https://vllm.ns.svc.cluster.local/v1", None, 443),
        ("http://10.0.0.1", "http://10.0.0.1", "10.0.0.1", 80),
        ("http://[FD00:0::1]:8000/v1", "http://[fd00::1]:8000/v1", "fd00::1", 8000),
        ("http://user:pass%40word@gpu_1/v1", "http://user:pass%40word@gpu_1/v1", "gpu_1", 80),
    ],
)
def test_what_is_read_is_written_in_one_way(written: str, read: str, host: str | None, port: int) -> None:
    url = HttpUrl.read(written)
    assert (str(url), url.host, url.port) == (read, host or "vllm.ns.svc.cluster.local", port)


@pytest.mark.parametrize(
    "written",
    [
        "ftp://127.0.0.1/v1",
        "http://",
        "http://[::1",
        "//host/v1",
        "http://2130706433/v1",
        "http://127.1/v1",
        "http://0x7f.1/v1",
        "http://0177.0.0.1/v1",
        "http://vendor.0x7f000001/v1",
        "http://127.0.0.1.:80.5/v1",
        "http://127%2e0.0.1/v1",
        "http://\uff11\uff12\uff17.0.0.1/v1",
        "http://vendor.com\\@169.254.169.254/v1",
        "http://vendor.com\t/v1",
        "http://vendor.com\n.evil/v1",
        "http://vendor.com/v1\r\nhost: evil",
        "http://a@b@c/v1",
        "http://vendor.com:0/v1",
        "http://vendor.com:65536/v1",
        "http://-vendor.com/v1",
        "http://vendor.com../v1",
        "http://[::1%25eth0]/v1",
        "http://[127.0.0.1]/v1",
        "http://vendor .com/v1",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(ValueError) as told:  # noqa: PT011 - its text is looked at below
        HttpUrl.read(written)
    assert written not in str(told.value)


def test_a_user_is_not_printed() -> None:
    assert "pass-word" not in repr(HttpUrl.read("http://user:pass-word@vendor/v1"))


@given(st.text(alphabet="ab.:/@\\?#[]%0x1 \t-_", max_size=20))
def test_whatever_is_read_is_read_alike_by_another_parser(text: str) -> None:
    try:
        url = HttpUrl.read(f"http://{text}")
    except ValueError:
        return
    parts = urlsplit(str(url))
    assert (parts.hostname, parts.port or 80) == (url.host, url.port)
