"""A request for a response, as far as the response repeats it and what comes after it builds on it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from resilience.errors import Failure, Reason
from services.gateway.domain.dialects.openai_responses.items import raw, split

Fields = dict[str, msgspec.Raw]

REPEATED: dict[str, Any] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": None,
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
"""What a response says of its request, and what it says where the request did not."""

_fields = msgspec.json.Decoder(Fields)
_encode = msgspec.json.Encoder().encode
_DEFAULTS = {name: raw(value) for name, value in REPEATED.items()}
_NULL, _FALSE = msgspec.Raw(b"null"), msgspec.Raw(b"false")


class _Links(msgspec.Struct):
    previous_response_id: str | None = None


_links = msgspec.json.Decoder(_Links)


def previous_of(body: bytes) -> str:
    """Id of the response that a request goes on from; empty for a new conversation, or where the body is not read."""
    try:
        return _links.decode(body).previous_response_id or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""  # whoever reads all of the body says what is wrong


class Asked:
    """The body of a request. Raises Failure(INVALID_REQUEST) where it is no JSON object."""

    def __init__(self, body: bytes) -> None:
        try:
            self._fields = _fields.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Failure(Reason.INVALID_REQUEST, "The body is not a JSON object.") from None

    @property
    def stores(self) -> bool:
        """Whether the response is to be kept."""
        return self._fields.get("store") != _FALSE

    @property
    def items(self) -> list[msgspec.Raw]:
        """The items of its input. Raises Failure(INVALID_REQUEST) where it has none."""
        try:
            return split(self._fields.get("input", _NULL))
        except msgspec.DecodeError:
            raise Failure(
                Reason.INVALID_REQUEST, "The input is neither a text nor a list.", detail={"param": "input"}
            ) from None

    def after(self, earlier: Sequence[msgspec.Raw]) -> bytes:
        """The body that says all of it: what was said before, then its own input."""
        fields = {name: value for name, value in self._fields.items() if name != "previous_response_id"}
        return _encode({**fields, "input": [*earlier, *self.items]})

    def repeated_in(self, response: msgspec.Raw, response_id: str, *, previous: str, kept: bool) -> bytes:
        """`response` of Seawall's own id, with what it says of its request; what the vendor says of that stands."""
        said = {name: value for name in _DEFAULTS if (value := self._fields.get(name, _NULL)) != _NULL}
        return _encode(
            {
                **_DEFAULTS,
                **said,
                **_fields.decode(response),
                "id": response_id,
                "previous_response_id": previous or None,
                "store": kept,
            }
        )
