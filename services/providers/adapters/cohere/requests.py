"""A request to Cohere in its own dialect: the model renamed, streaming set, every other byte as it was."""

from collections.abc import Sequence

import msgspec

from resilience.errors import Failure, Reason
from services.providers.adapters.continuation import GO_ON, appended
from services.providers.application.ports import VendorRequest

PATH = "/chat"

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode
_TRUE, _FALSE = msgspec.Raw(b"true"), msgspec.Raw(b"false")


def cohere_request(body: bytes, model: str, *, stream: bool, prefix: str) -> VendorRequest:
    """`body` for the vendor. Values are copied as they stand, unknown ones included.

    `prefix`: what the answer says already. Raises Failure(INVALID_REQUEST) where the body is no JSON object, or has no
    messages to put a prefix after.
    """
    try:
        fields = _fields.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Failure(Reason.INVALID_REQUEST, "The body is not a JSON object.") from None
    fields["model"] = msgspec.Raw(_encode(model))
    fields["stream"] = _TRUE if stream else _FALSE
    if prefix:
        fields["messages"] = appended(fields.get("messages"), continuation(prefix), field="messages")
    return VendorRequest(PATH, _encode(fields))


def continuation(prefix: str) -> Sequence[dict[str, str]]:
    """The messages at the end that make a model go on after `prefix`: Cohere answers a user or a tool alone."""
    return ({"role": "assistant", "content": prefix}, {"role": "user", "content": GO_ON})
