"""How a provider's calls may travel: by which proxy, and with which headers of the operator's."""

from collections.abc import Iterable

from chassis.manifest import bounds
from chassis.manifest.urls import check_url
from chassis.secrets import is_reference

RESERVED = frozenset(
    {
        # How calls are authenticated: by the provider's keys, which rest and rotate.
        "authorization",
        "api-key",
        "x-api-key",
        "x-goog-api-key",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
        # What the message and its connection are: RFC 9110, sections 7.2, 7.6.1, 10.1.1 and 12.5.3; RFC 9112, 6.1.
        "accept-encoding",
        "connection",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers, beside those that begin with `content-`, that Seawall itself says."""

_OF_THE_BODY = "content-"
_SCHEMES = ("env:", "file:")


def check_proxy(text: str) -> str:
    """`text`, if it is a URL without credentials, or a reference to one that may have some. Raises ValueError."""
    return text if is_reference(text) else check_url(text)


def check_header_name(name: str) -> str:
    """`name`, if calls may have a header of it. Raises ValueError."""
    bounds.HEADER_NAME.check(name)
    if (plain := name.lower()) in RESERVED or plain.startswith(_OF_THE_BODY):
        raise ValueError("is a header that Seawall itself says")
    return name


def check_header_value(value: str) -> str:
    """`value`, if it can be sent, or leads to what is. Raises ValueError, which does not repeat it."""
    if is_reference(value):
        return value
    if value.startswith(_SCHEMES):
        raise ValueError("begins as a reference does, and is none: env:NAME or file:/PATH")
    return bounds.HEADER_VALUE.check(value)


def check_header_names(names: Iterable[str]) -> None:
    """Raise ValueError where they are too many, or two are one header."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise ValueError(f"{name!r} is there twice, whatever its case")
        seen.add(name.lower())
    bounds.HEADERS.check(len(seen))
