"""A response as it is kept: what it answered, and all that was said before it."""

from dataclasses import dataclass

import msgspec

from services.gateway.domain.dialects.openai_responses.items import again, split

Raw = msgspec.Raw


class _Output(msgspec.Struct):
    output: Raw = Raw(b"[]")


_output = msgspec.json.Decoder(_Output)


@dataclass(frozen=True, slots=True)
class KeptResponse:
    """`response` is its JSON. `items`: a JSON list of the items of its input, with those of the responses before it."""

    response: bytes
    items: bytes

    @property
    def input(self) -> list[Raw]:
        """The items of its input."""
        return split(self.items)

    def told_again(self) -> list[Raw]:
        """All that was said, it included, as the input of what comes next."""
        return again([*self.input, *split(_output.decode(self.response).output)])
