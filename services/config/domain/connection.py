"""How a provider's calls travel to its vendor."""

from dataclasses import dataclass

from chassis.manifest.travel import check_header_name, check_header_names, check_header_value, check_proxy
from chassis.secrets import is_reference
from services.config.domain.faults import hold, invalid


@dataclass(frozen=True)
class Header:
    """What is sent with every call; `value` as it is, or a reference to it."""

    name: str
    value: str


@dataclass(frozen=True)
class Connection:
    """Each is empty where nothing is special.

    `proxy`: URL of an HTTP proxy, a reference to it where it holds credentials. `ca`: reference to the PEM of
    authorities that are trusted beside the system's.
    """

    proxy: str = ""
    ca: str = ""
    headers: tuple[Header, ...] = ()

    def check(self) -> None:
        """Raise Failure(INVALID_REQUEST), with the field of the provider, where a rule is broken."""
        hold("proxy", self.proxy or None, check_proxy)
        if self.ca and not is_reference(self.ca):
            raise invalid("ca", "must be a reference, env:NAME or file:/PATH")
        for index, header in enumerate(self.headers):
            hold(f"headers[{index}].name", header.name, check_header_name)
            hold(f"headers[{index}].value", header.value, check_header_value)
        hold("headers", [header.name for header in self.headers], check_header_names)


DIRECT = Connection()
"""Calls go as they are, without a proxy."""
