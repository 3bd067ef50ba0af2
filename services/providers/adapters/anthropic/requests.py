"""A request to Anthropic as its caller wrote it: the model renamed, streaming set, every other byte as it was."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from services.providers.adapters.anthropic import wire
from services.providers.adapters.anthropic.foreign import without_foreign
from services.providers.adapters.anthropic.models import traits_of
from services.providers.adapters.anthropic.versions import version_headers
from services.providers.adapters.caller_body import read_fields
from services.providers.adapters.continuation import GO_ON, appended
from services.providers.application.ports import VendorRequest
from services.providers.domain.seam import left_out

PATH = "/messages"

_thinking = msgspec.json.Decoder(wire.ThinkingObject)
_encode = msgspec.json.Encoder().encode
_TRUE = msgspec.Raw(b"true")
_FALSE = msgspec.Raw(b"false")


def message_request(
    body: bytes, model: str, *, stream: bool, prefix: str = "", told: Mapping[str, str] = MappingProxyType({})
) -> VendorRequest:
    """`body` for the vendor. Values are copied as they stand, fields keep their order, unknown ones included.

    `stream` decides over the body's own field. Where nothing is to change, the body is sent as it is. `prefix`: what
    the answer says already. `told`: the caller's headers. Thoughts that were signed elsewhere are left out. Raises
    Failure(INVALID_REQUEST) where the body is no JSON object, or has no messages to put a prefix after.
    """
    fields = read_fields(body)
    wanted = {"model": msgspec.Raw(_encode(model))}
    if stream or "stream" in fields:
        wanted["stream"] = _TRUE if stream else _FALSE
    dropped: tuple[str, ...] = ()
    if (left := without_foreign(fields.get("messages"), model)) is not None:
        fields["messages"] = wanted["messages"] = left
        dropped = ("messages.content.thinking",)
    if prefix:
        prefill = traits_of(model).prefill and not _thinks(fields.get("thinking"))
        wanted["messages"] = appended(fields.get("messages"), continuation(prefix, prefill=prefill), field="messages")
    headers = version_headers(told)
    if not dropped and all(fields.get(name) == value for name, value in wanted.items()):
        return VendorRequest(PATH, body, headers=headers, seam=left_out(prefix))
    fields.update(wanted)
    return VendorRequest(PATH, _encode(fields), dropped=dropped, headers=headers, seam=left_out(prefix))


def continuation(prefix: str, *, prefill: bool) -> Sequence[dict[str, Any]]:
    """The turns at the end that make a model go on after `prefix`.

    White space at the end of an assistant's last turn is refused, so it is left out; see Seam.
    """
    begun = prefix.rstrip()
    if not begun:
        return ()
    answer = {"role": "assistant", "content": begun}
    return (answer,) if prefill else (answer, {"role": "user", "content": GO_ON})


def _thinks(given: msgspec.Raw | None) -> bool:
    """Whether thinking is asked for, beside which no answer can be begun for the model."""
    try:
        return given is not None and _thinking.decode(given).type != "disabled"
    except msgspec.DecodeError:
        return False  # null, or what the vendor will refuse
