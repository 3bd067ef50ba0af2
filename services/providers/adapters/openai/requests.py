"""OpenAI's chat request: the model renamed, what streaming needs added, every other byte as the caller wrote it."""

import msgspec

from resilience.errors import Failure, Reason
from services.providers.application.ports import VendorRequest

PATH = "/chat/completions"

Fields = dict[str, msgspec.Raw]

_fields = msgspec.json.Decoder(Fields)
_encode = msgspec.json.Encoder().encode
_TRUE = msgspec.Raw(b"true")
_FALSE = msgspec.Raw(b"false")


def chat_request(body: bytes, model: str, *, stream: bool) -> VendorRequest:
    """`body` for the vendor. Values are copied as they stand, fields keep their order, unknown ones included.

    `stream` decides over the body's own field. A stream's usage is always asked for. Where nothing is to change, the
    body is sent as it is. Raises Failure(INVALID_REQUEST) where it is no JSON object.
    """
    try:
        fields = _fields.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Failure(Reason.INVALID_REQUEST, "The body is not a JSON object.") from None
    changed = _put(fields, "model", msgspec.Raw(_encode(model)))
    usage_hidden = False
    if stream:
        changed |= _put(fields, "stream", _TRUE)
        options = _usage_options(fields.get("stream_options"))
        if options is not None:
            usage_hidden = changed = True
            fields["stream_options"] = options
    elif "stream" in fields:
        changed |= _put(fields, "stream", _FALSE)
        changed |= fields.pop("stream_options", None) is not None
    return VendorRequest(PATH, _encode(fields) if changed else body, _choices(fields.get("n")), usage_hidden)


def _put(fields: Fields, name: str, value: msgspec.Raw) -> bool:
    """Set a field; tells whether that changed anything."""
    if fields.get(name) == value:
        return False
    fields[name] = value
    return True


def _usage_options(given: msgspec.Raw | None) -> msgspec.Raw | None:
    """The options with usage asked for; None where they ask for it already."""
    try:
        options = _fields.decode(given) if given is not None else {}
    except msgspec.DecodeError:
        options = {}  # null, or what the vendor would refuse
    if options.get("include_usage") == _TRUE:
        return None
    options["include_usage"] = _TRUE
    return msgspec.Raw(_encode(options))


def _choices(given: msgspec.Raw | None) -> int:
    if given is None:
        return 1
    number = bytes(given)
    return int(number) if number.isdigit() and len(number) <= _LONGEST_COUNT else 1


_LONGEST_COUNT = 4
