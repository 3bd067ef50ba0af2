"""How a model is asked to go on with an answer that broke off: by turns after those that a caller wrote."""

from collections.abc import Mapping, Sequence

import msgspec

from resilience.errors import Failure, Reason

GO_ON = (
    "Your answer was interrupted at the end of your last message. Go on with it exactly where it stopped, in the "
    "middle of a word if that is where it stopped. Repeat nothing of it, and say nothing about the interruption."
)
"""A user's message after what was said, where a model takes no beginning; as Anthropic's migration guide advises."""

_encode = msgspec.json.Encoder().encode


def appended(written: msgspec.Raw | None, turns: Sequence[Mapping[str, object]], *, field: str) -> msgspec.Raw:
    """The list that is a body's `field`, as it is written, and `turns` after it.

    Raises Failure(INVALID_REQUEST) where there is no such list.
    """
    text = bytes(written or b"").strip()
    if not text.startswith(b"["):
        raise Failure(Reason.INVALID_REQUEST, f"The body has no list of {field}.", detail={"param": field})
    before = text[:-1].rstrip()
    comma = b"" if before == b"[" or not turns else b","
    return msgspec.Raw(before + comma + b",".join(map(_encode, turns)) + b"]")
