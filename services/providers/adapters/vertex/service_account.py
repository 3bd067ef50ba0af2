"""Tokens of Google for a service account: an assertion, signed with its key, shown to the token endpoint.

The assertion is signed by google-auth; the endpoint is asked by ourselves, for google-auth's transports are blocking
and would go around the provider's own proxy, authorities and guard.

Source: googleapis/google-auth-library-python `google/oauth2/service_account.py` (fields of the document).
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from services.providers.adapters.oauth.documents import read_document, read_url, unusable
from services.providers.application.ports import Grant

_WHAT = "the key of a service account"


class _Key(msgspec.Struct, gc=False, tag_field="type", tag="service_account"):
    """A key as Google Cloud hands it out."""

    client_email: str
    private_key: str
    private_key_id: str = ""
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


_decoder = msgspec.json.Decoder(_Key)


def grant(secret: str, *, now: Callable[[], datetime]) -> Grant | None:
    """See Vendor. `secret`: an API key, or the JSON of a service account's key."""
    said = read_document(_decoder, secret, what=_WHAT)
    if said is None:
        return None
    # google-auth and what it signs by take 9 MB, which are for those alone who have such a key.
    from services.providers.adapters.vertex.assertion import Assertion, signer_of  # noqa: PLC0415 - see above

    try:
        signer = signer_of(said.private_key, said.private_key_id)
    except (ValueError, TypeError):
        raise unusable(_WHAT) from None
    return Assertion(read_url(said.token_uri, what=_WHAT), said.client_email, signer, now)
