"""Secrets that are JSON documents, and are exchanged for tokens; all others are shown to vendors as they are."""

from typing import TypeVar

import msgspec

from chassis.http_url import HttpUrl
from resilience.errors import Failure, Reason
from services.providers.adapters.vendor_body import UNREADABLE

T = TypeVar("T")


def read_document(decoder: msgspec.json.Decoder[T], secret: str, *, what: str) -> T | None:
    """What the document says; None where the secret is none. `what` it should be, for people.

    Raises Failure(INVALID_REQUEST), without what is in it, where it says something else.
    """
    if not secret.startswith("{"):
        return None
    try:
        return decoder.decode(secret)
    except UNREADABLE:
        raise unusable(what) from None


def read_url(url: str, *, what: str) -> str:
    """`url` as it is called. Raises as read_document does where it is none."""
    try:
        return str(HttpUrl.read(url))
    except ValueError:
        raise unusable(what) from None


def unusable(what: str) -> Failure:
    """The failure of a document that is not `what`."""
    return Failure(Reason.INVALID_REQUEST, f"The credential is a JSON document, but not {what}.")
