"""OpenAI's chat request: the model renamed, what streaming needs added, every other byte as the caller wrote it.

An answer that broke off is gone on with by an assistant message at the end that holds what was said, and by what else
the vendor wants for it. Where it is not known who the vendor is (`openai-compatible`) that is nothing: vLLM and SGLang
would want `continue_final_message`, but Groq (400) and Mistral (422) refuse fields that they do not know; a caller's
own fields of that name pass. The caller's `max_tokens` stays: how many tokens the prefix is, only the vendor can count.
"""

import msgspec

from services.providers.adapters.caller_body import Fields, fields_of, read_fields
from services.providers.adapters.continuation import appended
from services.providers.adapters.openai.means import PATH, Means
from services.providers.adapters.openai.words import reword
from services.providers.application.ports import VendorRequest
from services.providers.domain.losses import Losses

_encode = msgspec.json.Encoder().encode
_TRUE = msgspec.Raw(b"true")
_FALSE = msgspec.Raw(b"false")


def chat_request(
    body: bytes, model: str, *, stream: bool, prefix: str = "", means: Means, losses: Losses
) -> VendorRequest:
    """`body` for the vendor. Values are copied as they stand, fields keep their order, unknown ones included.

    `stream` decides over the body's own field. A stream's usage is always asked for. Where nothing is to change, the
    body is sent as it is. `prefix`: what the answer says already. Raises Failure(INVALID_REQUEST) where the body is no
    JSON object, or has no messages to put a prefix after, and what `losses` does for what the vendor has no word for.
    """
    fields = read_fields(body)
    changed = put(fields, "model", msgspec.Raw(_encode(model)))
    changed |= reword(fields, means.words, losses)
    if prefix:
        changed |= put(fields, "messages", _begun(fields, prefix, means))
        fields.update((name, msgspec.Raw(_encode(value))) for name, value in means.begun.request.items())
    changed_too, usage_hidden = streamed(fields, stream=stream)
    path = means.begun.path if prefix else PATH
    said = _encode(fields) if changed or changed_too else body
    return VendorRequest(path, said, choices(fields.get("n")), usage_hidden, tuple(losses.dropped))


def renamed(body: bytes, model: str) -> bytes:
    """`body` asking for `model`, with every other field as it stands."""
    fields = read_fields(body)
    return _encode(fields) if put(fields, "model", msgspec.Raw(_encode(model))) else body


def streamed(fields: Fields, *, stream: bool) -> tuple[bool, bool]:
    """Have `fields` ask for a stream and its usage, or for a whole answer.

    Tells whether that changed anything, and whether the caller did not ask for the usage.
    """
    if stream:
        changed = put(fields, "stream", _TRUE)
        options = _usage_options(fields.get("stream_options"))
        if options is None:
            return changed, False
        fields["stream_options"] = options
        return True, True
    if "stream" not in fields:
        return False, False
    changed = put(fields, "stream", _FALSE)
    return changed | (fields.pop("stream_options", None) is not None), False


def begun(prefix: str) -> dict[str, str]:
    """The message, last of all, that makes the vendor go on after `prefix`."""
    return {"role": "assistant", "content": prefix}


def _begun(fields: Fields, prefix: str, means: Means) -> msgspec.Raw:
    return appended(fields.get("messages"), [{**begun(prefix), **means.begun.message}], field="messages")


def put(fields: Fields, name: str, value: msgspec.Raw) -> bool:
    """Set a field; tells whether that changed anything."""
    if fields.get(name) == value:
        return False
    fields[name] = value
    return True


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


def choices(given: msgspec.Raw | None) -> int:
    """How many answers a field asks for; one where it says nothing, or nothing that is understood."""
    if given is None:
        return 1
    number = bytes(given)
    return int(number) if number.isdigit() and len(number) <= _LONGEST_COUNT else 1


_LONGEST_COUNT = 4
