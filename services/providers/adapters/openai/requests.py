"""OpenAI's chat request: the model renamed, what streaming needs added, every other byte as the caller wrote it.

An answer that broke off is gone on with by an assistant message at the end that holds what was said. Nothing else is
added for it. vLLM and SGLang would want `continue_final_message` and `add_generation_prompt` beside it, but Groq (400)
and Mistral (422) refuse fields that they do not know, and all of them are `openai-compatible`; a caller's own fields of
that name pass. The caller's `max_tokens` stays as well: how many tokens the prefix is, only the vendor can count.
"""

import msgspec

from resilience.errors import Failure, Reason
from services.providers.application.ports import VendorRequest

PATH = "/chat/completions"

Fields = dict[str, msgspec.Raw]

fields_of = msgspec.json.Decoder(Fields).decode
"""The fields of a JSON object, each as it is written."""
_encode = msgspec.json.Encoder().encode
_TRUE = msgspec.Raw(b"true")
_FALSE = msgspec.Raw(b"false")


def chat_request(body: bytes, model: str, *, stream: bool, prefix: str = "") -> VendorRequest:
    """`body` for the vendor. Values are copied as they stand, fields keep their order, unknown ones included.

    `stream` decides over the body's own field. A stream's usage is always asked for. Where nothing is to change, the
    body is sent as it is. `prefix`: what the answer says already. Raises Failure(INVALID_REQUEST) where the body is no
    JSON object, or has no messages to put a prefix after.
    """
    try:
        fields = fields_of(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Failure(Reason.INVALID_REQUEST, "The body is not a JSON object.") from None
    changed = _put(fields, "model", msgspec.Raw(_encode(model)))
    if prefix:
        changed |= _put(fields, "messages", _prefilled(fields.get("messages"), prefix))
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


def begun(prefix: str) -> dict[str, str]:
    """The message, last of all, that makes the vendor go on after `prefix`."""
    return {"role": "assistant", "content": prefix}


def _put(fields: Fields, name: str, value: msgspec.Raw) -> bool:
    """Set a field; tells whether that changed anything."""
    if fields.get(name) == value:
        return False
    fields[name] = value
    return True


def _prefilled(messages: msgspec.Raw | None, prefix: str) -> msgspec.Raw:
    """The messages as they are written, and the beginning of the answer after them."""
    written = bytes(messages or b"").strip()
    if not written.startswith(b"["):
        raise Failure(Reason.INVALID_REQUEST, "The body has no list of messages.")
    before = written[:-1].rstrip()
    comma = b"" if before == b"[" else b","
    return msgspec.Raw(before + comma + _encode(begun(prefix)) + b"]")


def _usage_options(given: msgspec.Raw | None) -> msgspec.Raw | None:
    """The options with usage asked for; None where they ask for it already."""
    try:
        options = fields_of(given) if given is not None else {}
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
