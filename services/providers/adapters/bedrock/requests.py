"""Where Bedrock is asked, and a body in its own dialect: as the caller wrote it, but for the beginning of an answer."""

from urllib.parse import quote

import msgspec

from resilience.errors import Failure, Reason
from services.providers.adapters.bedrock.models import family_of
from services.providers.adapters.continuation import GO_ON, appended
from services.providers.application.ports import VendorRequest
from services.providers.domain.seam import left_out

ASSISTANT, USER = "assistant", "user"

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


def path_of(model: str, *, stream: bool) -> str:
    """Below `https://bedrock-runtime.<region>.amazonaws.com`. `model`: an id, or an ARN.

    The name may be a caller's own, so nothing in it leads out of its place. Raises Failure(INVALID_REQUEST) where that
    cannot be.
    """
    if not model.strip("."):
        raise Failure(Reason.INVALID_REQUEST, "That is no name of a model.", detail={"param": "model"})
    return f"/model/{quote(model, safe='')}/{'converse-stream' if stream else 'converse'}"


def converse_request(body: bytes, model: str, *, stream: bool, prefix: str) -> VendorRequest:
    """`body` for the vendor, whose model is in its path. Values are copied as they stand, unknown ones included.

    `prefix`: what the answer says already, as turns at the end. Raises Failure(INVALID_REQUEST) where the body is no
    JSON object, or has no messages to put a prefix after.
    """
    try:
        fields = _fields.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Failure(Reason.INVALID_REQUEST, "The body is not a JSON object.") from None
    if prefix:
        turns = [{"role": role, "content": [{"text": text}]} for role, text in continuation(prefix, model)]
        fields["messages"] = appended(fields.get("messages"), turns, field="messages")
        body = _encode(fields)
    return VendorRequest(path_of(model, stream=stream), body, seam=left_out(prefix))


def continuation(prefix: str, model: str) -> tuple[tuple[str, str], ...]:
    """The turns that make a model go on after `prefix`: who speaks, and what.

    White space at its end is refused, so it is left out; see Seam.
    """
    begun = prefix.rstrip()
    if not begun:
        return ()
    answer = (ASSISTANT, begun)
    return (answer,) if family_of(model).prefill else (answer, (USER, GO_ON))
