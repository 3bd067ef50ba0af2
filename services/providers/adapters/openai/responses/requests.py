"""A request for a response as its caller wrote it, for OpenAI itself: every other byte as it was.

OpenAI keeps nothing: the gateway keeps responses itself, so that a conversation may move between vendors. What a
reasoning model thought is then asked for in encrypted form, for it is shown to it again with what comes next.
"""

import re

import msgspec

from services.providers.adapters.caller_body import read_fields
from services.providers.adapters.openai.responses.read_request import ENCRYPTED
from services.providers.adapters.openai.responses.sealed import of_openai
from services.providers.application.ports import VendorRequest
from services.providers.domain.losses import Losses

PATH = "/responses"

_REASONS = re.compile(r"(?:.*[/:])?(?:o[1-9]|gpt-[5-9](?![\w.]*-chat)|codex-)")
"""Names of models that reason (developers.openai.com/api/docs/models). Others refuse to be asked for it (400)."""

_encode = msgspec.json.Encoder().encode
_items = msgspec.json.Decoder(list[msgspec.Raw])
_includes = msgspec.json.Decoder(list[str])
_TRUE = msgspec.Raw(b"true")
_FALSE = msgspec.Raw(b"false")
_NULL = msgspec.Raw(b"null")


class _Item(msgspec.Struct, gc=False):
    type: str | None = None
    encrypted_content: str | None = None


_item = msgspec.json.Decoder(_Item)


def responses_request(body: bytes, model: str, *, stream: bool, losses: Losses) -> VendorRequest:
    """`body` for OpenAI. Values are copied as they stand, unknown fields included. `stream` decides over its own field.

    Thoughts that OpenAI did not encrypt are left out, which `losses` is told. Raises what that raises, and
    Failure(INVALID_REQUEST) where the body is no JSON object.
    """
    fields = read_fields(body)
    fields["model"] = msgspec.Raw(_encode(model))
    if stream or "stream" in fields:
        fields["stream"] = _TRUE if stream else _FALSE
    kept = fields.get("store") != _FALSE
    fields["store"] = _FALSE
    if kept and _REASONS.match(model) is not None:
        fields["include"] = _with_encrypted(fields.get("include", _NULL))
    if (left := _without_foreign(fields.get("input"))) is not None:
        fields["input"] = left
        losses.hint("input.reasoning")
    return VendorRequest(PATH, _encode(fields), dropped=tuple(losses.dropped))


def _with_encrypted(asked: msgspec.Raw) -> msgspec.Raw:
    try:
        wanted = _includes.decode(asked) if asked != _NULL else []
    except msgspec.DecodeError:
        return asked  # what OpenAI will refuse
    return asked if ENCRYPTED in wanted else msgspec.Raw(_encode([*wanted, ENCRYPTED]))


def _without_foreign(written: msgspec.Raw | None) -> msgspec.Raw | None:
    """The input without thoughts of other vendors; None where there are none of them."""
    if written is None or b'"reasoning"' not in bytes(written):
        return None
    try:
        items = _items.decode(written)
        kept = [item for item in items if not _foreign(_item.decode(item))]
    except msgspec.DecodeError:
        return None  # a text, or what OpenAI will refuse
    return msgspec.Raw(_encode(kept)) if len(kept) < len(items) else None


def _foreign(item: _Item) -> bool:
    return item.type == "reasoning" and not of_openai(item.encrypted_content or "")
