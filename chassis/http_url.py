"""An http(s) URL of which every reader sees the same host, so that who checks it and who calls it mean the same one."""

import re
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Self

# Nothing that one parser takes for a part of the host and another does not: no backslash, blank, control character or
# escape in the authority, no letter that is not ASCII.
_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:(?P<user>[A-Za-z0-9._~!$&'()*+,;=:%-]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?\.?)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>(?:[/?][!-\[\]-~]*)?)",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""A name whose last part is a number is read as an address of IPv4 (WHATWG's URL standard), `0x7f.1` as 127.0.0.1."""
_MAX_PORT = 65535
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class HttpUrl:
    """Its parts: `port` is the one that is called, `rest` what follows the authority.

    `host` is in lower case, without brackets, and without the dot that a name may end in. `user` may hold a password.
    """

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    rest: str = ""

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ValueError, which does not repeat `text`, where it is no such URL."""
        match = _URL.fullmatch(text)
        if match is None:
            raise ValueError("is not a URL of http or https, in ASCII, with a host")
        scheme, host = match["scheme"].lower(), match["host"].lower()
        port = int(match["port"]) if match["port"] else _PORTS[scheme]
        if not 0 < port <= _MAX_PORT:
            raise ValueError("names a port that there is not")
        return cls(scheme, _host(host), port, match["user"] or "", match["rest"] or "")

    @property
    def address(self) -> IPv4Address | IPv6Address | None:
        """The host, where it is an address; None where it is a name."""
        if ":" in self.host:
            return IPv6Address(self.host)
        return IPv4Address(self.host) if _NUMERIC.fullmatch(self.host) else None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{f'{self.user}@' if self.user else ''}{host}{port}{self.rest}"


def _host(written: str) -> str:
    try:
        if written.startswith("["):
            return str(IPv6Address(written[1:-1]))
        name = written.removesuffix(".")
        return str(IPv4Address(name)) if _NUMERIC.fullmatch(name) else name
    except AddressValueError:
        raise ValueError("names an address in an unusual way") from None
