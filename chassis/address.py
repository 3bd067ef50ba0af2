"""Addresses as settings write them."""


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `host:port` (`[::1]:80` for IPv6). Raises ValueError."""
    host, separator, port = address.rpartition(":")
    if not separator or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - the largest port
        raise ValueError(f"{address!r} is not host:port")
    return host.removeprefix("[").removesuffix("]"), int(port)
