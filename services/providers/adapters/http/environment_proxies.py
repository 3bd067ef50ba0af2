"""The proxies that the operator's environment names for all calls."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from chassis.http_url import HttpUrl


@dataclass(frozen=True, slots=True)
class EnvironmentProxies:
    """The operator's, as `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say; empty where there is none."""

    http: str = ""
    https: str = ""
    no_proxy: str = ""

    def of(self, url: HttpUrl) -> str:
        """The URL of the one that `url` is called by; empty where it is called directly."""
        proxy = self.https if url.scheme == "https" else self.http
        return "" if self._bypassed(url) else proxy

    def _bypassed(self, url: HttpUrl) -> bool:
        return any(_covers(entry.strip().lower(), url) for entry in self.no_proxy.split(",") if entry.strip())


def _covers(entry: str, url: HttpUrl) -> bool:
    """Whether an entry of NO_PROXY names the host of `url`: `*`, an address or network, or a domain with all in it."""
    if entry == "*":
        return True
    address = url.address
    if address is None:
        domain = entry.removeprefix("*").lstrip(".")
        return url.host == domain or url.host.endswith(f".{domain}")
    try:
        return ip_address(address) in ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False
