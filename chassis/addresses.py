"""Network addresses: those of a host, and which may be called where somebody else says what is called."""

import asyncio
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from socket import SOCK_STREAM

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*written: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, written))


NEVER: tuple[tuple[str, tuple[Network, ...]], ...] = (
    (
        "the address of a cloud's metadata",
        # All clouds' and AWS's for containers; AWS's and Google's on IPv6; Azure's WireServer, Alibaba's, Oracle's.
        _networks(
            "169.254.169.254/32",
            "169.254.170.0/24",
            "fd00:ec2::/32",
            "fd20:ce::254/128",
            "168.63.129.16/32",
            "100.100.100.200/32",
            "192.0.0.192/32",
        ),
    ),
    ("a link-local address", _networks("169.254.0.0/16", "fe80::/10")),
    ("a multicast address", _networks("224.0.0.0/4", "ff00::/8")),
    ("no address of one host", _networks("0.0.0.0/8", "255.255.255.255/32", "::/128")),
)
"""What is refused whatever is allowed: nobody serves a model there, and what is there gives out credentials."""

WORDS: dict[str, tuple[Network, ...]] = {
    "loopback": _networks("127.0.0.0/8", "::1/128"),
    "private": _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
}
"""What may be said for several networks at once."""

UNLESS_ALLOWED: tuple[tuple[str, tuple[Network, ...]], ...] = (
    ("a loopback address", WORDS["loopback"]),
    ("a private address", WORDS["private"]),
    ("a shared address (CGNAT)", _networks("100.64.0.0/10")),
    (
        "an address with another one in it",
        # 6to4 and Teredo, which nobody offers any more, and NAT64 within one network (RFC 8215).
        _networks("2002::/16", "2001::/32", "64:ff9b:1::/48"),
    ),
    (
        "a reserved address",
        # IANA's registries of special-purpose addresses, what is not above and not globally reachable.
        _networks(
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "240.0.0.0/4", "::/96", "100::/64", "2001:2::/48", "2001:10::/28", "2001:db8::/32", "3fff::/20",
            "5f00::/16", "fec0::/10",
        ),
    ),
)  # fmt: skip
"""What is refused unless one of the networks that are allowed has it."""

_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_6TO4 = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_COMPATIBLE = IPv6Network("::/96")


def read_networks(text: str) -> tuple[Network, ...]:
    """Networks separated by commas: `10.20.0.0/16, private`. Raises ValueError."""
    networks: list[Network] = []
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            networks.extend(WORDS.get(part) or (ip_network(part),))
        except ValueError:
            told = f"{part!r} is neither a network such as 10.20.0.0/16 nor one of: {', '.join(WORDS)}"
            raise ValueError(told) from None
    return tuple(networks)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Every public address may be called, and those of `allowed`, except what is refused always."""

    allowed: tuple[Network, ...] = ()

    def refusal(self, address: Address) -> str:
        """What `address` is that may not be called, such as `a private address`; empty where it may be."""
        if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
            # It is the other address, written in another way.
            return self.refusal(_low(address))
        within = _embedded(address)
        always = _first(NEVER, address) or (_first(NEVER, within) if within is not None else "")
        if always:
            return always
        if any(address in network for network in self.allowed):
            return self.refusal(within) if within is not None else ""
        return _first(UNLESS_ALLOWED, address)


def never_called(address: Address) -> str:
    """What `address` is that is refused whatever is allowed; empty where it may be allowed."""
    return AddressPolicy(_networks("0.0.0.0/0", "::/0")).refusal(address)


def _first(kinds: tuple[tuple[str, tuple[Network, ...]], ...], address: Address) -> str:
    return next((kind for kind, networks in kinds for network in networks if address in network), "")


def _low(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)


def _embedded(address: Address) -> IPv4Address | None:
    """The address of IPv4 that what is sent to `address` may end at; None where there is none in it."""
    if isinstance(address, IPv4Address):
        return None
    if address in _6TO4:
        return IPv4Address(int(address) >> 80 & 0xFFFFFFFF)
    if address in _TEREDO:
        return IPv4Address(~int(address) & 0xFFFFFFFF)
    if address in _NAT64_LOCAL or (address in _COMPATIBLE and not address.is_loopback):
        return _low(address)
    return None


async def resolve(host: str) -> list[str]:
    """A host's addresses as the system finds them, the best first. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
