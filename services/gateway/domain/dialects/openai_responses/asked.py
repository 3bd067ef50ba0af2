"""A request for a response, as far as the response repeats it and what comes after it builds on it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.gateway.domain.chat import decode_body
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
_optional = msgspec.json.Decoder(str | None)
_encode = msgspec.json.Encoder().encode
_DEFAULTS = {name: raw(value) for name, value in REPEATED.items()}
_NULL, _FALSE, _TRUE = msgspec.Raw(b"null"), msgspec.Raw(b"false"), msgspec.Raw(b"true")


class Asked:
    """The body of a request. Raises Failure(INVALID_REQUEST) where it is no JSON object."""

    def __init__(self, body: bytes) -> None:
        self._fields = decode_body(_fields, body)

    @property
    def previous(self) -> str:
        """Id of the response that it goes on from; empty for a new conversation."""
        try:
            return _optional.decode(self._fields.get("previous_response_id", _NULL)) or ""
        except msgspec.DecodeError:
            return ""  # whoever reads all of the body says what is wrong

    @property
    def stores(self) -> bool:
        """Whether the response is to be kept."""
        return self._fields.get("store") != _FALSE

    @property
    def items(self) -> list[msgspec.Raw]:
        """The items of its input. Raises msgspec.DecodeError where it is none."""
        return split(self._fields.get("input", _NULL))

    def after(self, earlier: Sequence[msgspec.Raw]) -> bytes:
        """The body that says all of it: what was said before, then its own input."""
        fields = {name: value for name, value in self._fields.items() if name != "previous_response_id"}
        return _encode({**fields, "input": [*earlier, *self.items]})

    def repeated_in(self, response: msgspec.Raw, response_id: str, previous: str) -> bytes:
        """`response` of Seawall's own id, with what it says of its request; what the vendor says of that stands."""
        said = {name: value for name in _DEFAULTS if (value := self._fields.get(name, _NULL)) != _NULL}
        return _encode(
            {
                **_DEFAULTS,
                **said,
                **_fields.decode(response),
                "id": response_id,
                "previous_response_id": previous or None,
                "store": self.stores,
            }
        )
