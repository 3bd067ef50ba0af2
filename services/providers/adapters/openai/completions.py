"""OpenAI's older completions of a text as a Dialect: the model renamed, every other byte as the caller wrote it.

A vendor without this endpoint is not asked in another way: a prompt that was put into a user's message would be
answered, where it was to be gone on with.
"""

import msgspec

from resilience.errors import Failure, Reason
from services.providers.adapters.beside import Beside
from services.providers.adapters.caller_body import Fields, read_fields
from services.providers.adapters.openai.absent import absent
from services.providers.adapters.openai.answers import check_finish, read
from services.providers.adapters.openai.requests import choices, put, streamed
from services.providers.adapters.openai.stream import ChatStreamDecoder
from services.providers.adapters.vendor_body import OK
from services.providers.application.ports import Dialect, Header, VendorRequest
from services.providers.domain.answer import Answer
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure

PATH = "/completions"

_encode = msgspec.json.Encoder().encode
_text = msgspec.json.Decoder(str).decode
_several = msgspec.json.Decoder(list[msgspec.Raw]).decode


class CompletionsDialect(Beside):
    """See Dialect. `chats`: the same vendor's, which lets in and refuses alike. `max_event`: bytes of one event."""

    def __init__(self, chats: Dialect, *, max_event: int) -> None:
        super().__init__(chats)
        self._max_event = max_event

    def request(self, envelope: Envelope, *, stream: bool) -> VendorRequest:
        """See Dialect. What the answer says already comes after the prompt, which must be one text then."""
        fields = read_fields(envelope.body)
        changed = put(fields, "model", msgspec.Raw(_encode(envelope.model)))
        if envelope.prefix:
            changed |= put(fields, "prompt", _begun(fields, envelope.prefix))
        changed_too, usage_hidden = streamed(fields, stream=stream)
        body = _encode(fields) if changed or changed_too else envelope.body
        return VendorRequest(PATH, body, choices(fields.get("n")) * _prompts(fields.get("prompt")), usage_hidden)

    def answer(self, request: VendorRequest, body: bytes, vendor_request_id: str) -> Answer:  # noqa: ARG002 - the body says all
        """See Dialect."""
        said = read(body)
        if not said.choices:
            raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no choices.", status=OK)
        for choice in said.choices:
            if choice.text is None:
                raise VendorFailure(Reason.VENDOR_MALFORMED, why="The vendor's answer has no text.", status=OK)
            if not choice.finish_reason:
                raise VendorFailure(
                    Reason.VENDOR_STREAM_CUT, why="The vendor's answer has no finish reason: it broke off.", status=OK
                )
            check_finish(choice.finish_reason)
        usage = said.usage.usage() if said.usage is not None else None
        return Answer(body, said.choices[0].finish_reason or "", usage, vendor_request_id)

    def decoder(self, request: VendorRequest) -> ChatStreamDecoder:
        """See Dialect. Chunks differ from those of chats in where their text is only."""
        return ChatStreamDecoder(choices=request.choices, usage_hidden=request.usage_hidden, max_event=self._max_event)

    def reason(self, status: int, body: bytes, header: Header) -> Reason:
        """See Dialect."""
        return Reason.UNSUPPORTED_BY_TARGET if absent(status, body) else super().reason(status, body, header)


def _begun(fields: Fields, prefix: str) -> msgspec.Raw:
    try:
        return msgspec.Raw(_encode(_text(fields["prompt"]) + prefix))
    except (KeyError, msgspec.DecodeError):
        raise Failure(
            Reason.INVALID_REQUEST, "Only a prompt that is one text can be gone on with.", detail={"param": "prompt"}
        ) from None


def _prompts(given: msgspec.Raw | None) -> int:
    """How many prompts there are: texts, or lists of tokens; a list of numbers is one."""
    if given is None or not bytes(given).startswith(b"["):
        return 1
    try:
        prompts = _several(given)
    except msgspec.DecodeError:
        return 1
    return len(prompts) if prompts and bytes(prompts[0]).startswith((b'"', b"[")) else 1
