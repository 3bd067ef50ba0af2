"""Which of the environment's proxies a URL is called by, and which hosts are called without one."""

import pytest

from chassis.http_url import HttpUrl
from services.providers.adapters.http.environment_proxies import EnvironmentProxies

PLAIN, SECURE = "http://plain:3128", "http://secure:3128"


@pytest.mark.parametrize(
    ("no_proxy", "url", "proxy"),
    [
        ("", "https://api.openai.com", SECURE),
        ("", "http://gpu-1:8000", PLAIN),
        ("*", "https://api.openai.com", ""),
        ("openai.com", "https://api.openai.com", ""),
        (".openai.com", "https://api.openai.com", ""),
        ("*.OpenAI.com", "https://api.openai.com", ""),
        ("api.openai.com, gpu-1", "http://gpu-1:8000", ""),
        ("openai.com", "https://notopenai.com", SECURE),
        ("penai.com", "https://api.openai.com", SECURE),
        ("10.0.0.0/8", "http://10.1.2.3:8000", ""),
        ("10.0.0.0/8", "http://11.1.2.3:8000", PLAIN),
        ("10.1.2.3", "http://10.1.2.3:8000", ""),
        ("::1,fd00::/8", "http://[fd00::1]:8000", ""),
        ("[::1]", "http://[::1]:8000", ""),
        ("10.0.0.0/8", "http://gpu-1:8000", PLAIN),
        ("gpu-1", "http://10.1.2.3:8000", PLAIN),
        (" , ", "http://gpu-1:8000", PLAIN),
    ],
)
def test_a_url_is_called_by_the_proxy_of_its_scheme_unless_its_host_is_excepted(
    no_proxy: str, url: str, proxy: str
) -> None:
    assert EnvironmentProxies(PLAIN, SECURE, no_proxy).of(HttpUrl.read(url)) == proxy
