"""Reads what a vendor answered into a dialect's own types, and what the status of an error means."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from resilience.errors import Reason
from services.providers.domain.failure import VendorFailure

T = TypeVar("T")

OK = 200
_BAD_REQUEST = 400
_SERVER_ERROR = 500

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for a body that is no JSON, is of another shape, or is nested too deeply."""


def read_body(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode what came with status 200. Raises VendorFailure(VENDOR_MALFORMED) where it cannot be read."""
    try:
        return decoder.decode(body)
    except UNREADABLE:
        raise VendorFailure(Reason.VENDOR_MALFORMED, status=OK) from None


def read_whole(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """As read_body, for a body that may go to the caller as it is: msgspec skips what it does not read unlooked at."""
    try:
        str(body, "utf-8")
    except UnicodeDecodeError:
        raise VendorFailure(Reason.VENDOR_MALFORMED, status=OK) from None
    return read_body(decoder, body)


def read_error(decoder: msgspec.json.Decoder[T], body: bytes) -> T | None:
    """Decode the body of an error; None where it is something else, such as a proxy's page."""
    try:
        return decoder.decode(body)
    except UNREADABLE:
        return None


def reason_by_status(status: int, statuses: Mapping[int, Reason]) -> Reason:
    """What `statuses` say; other 4xx are rejections, everything else is the vendor's error."""
    told = statuses.get(status)
    if told is not None:
        return told
    return Reason.VENDOR_REJECTED if _BAD_REQUEST <= status < _SERVER_ERROR else Reason.VENDOR_ERROR
