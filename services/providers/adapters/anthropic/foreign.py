"""Thoughts that another vendor signed, or nobody did: Claude refuses a turn that repeats them.

A caller has them in its conversation where another target of the same route answered before. Models that are not
Claude, at vendors that speak Anthropic's API, may sign nothing themselves.
"""

import re

import msgspec

from services.providers.adapters.gemini.signatures import MARKS

_FOREIGN = re.compile(rb'"signature"\s*:\s*"(?:%b|")' % b"|".join(re.escape(mark.encode()) for mark in MARKS))


class _Block(msgspec.Struct, gc=False):
    type: str = ""
    signature: str | None = None


_messages = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_blocks = msgspec.json.Decoder(list[msgspec.Raw])
_block = msgspec.json.Decoder(_Block)
_encode = msgspec.json.Encoder().encode


def foreign(signature: str) -> bool:
    """Whether Anthropic did not sign with it."""
    return not signature or signature.startswith(MARKS)


def without_foreign(messages: msgspec.Raw | None, model: str) -> msgspec.Raw | None:
    """The messages without such thoughts, every other block as it is written; None where there are none of them.

    A turn that holds nothing else is left out.
    """
    if messages is None or _FOREIGN.search(messages) is None:
        return None
    try:
        turns = _messages.decode(messages)
        kept = [left for turn in turns if (left := _stripped(turn, unsigned="claude" not in model)) is not None]
    except msgspec.DecodeError:
        return None  # the vendor says what is wrong with it
    return msgspec.Raw(_encode(kept)) if kept != turns else None


def _stripped(turn: dict[str, msgspec.Raw], *, unsigned: bool) -> dict[str, msgspec.Raw] | None:
    """The turn without such thoughts, but for `unsigned` ones; None where nothing is left of it."""
    if not bytes(turn.get("content", b"")).startswith(b"["):
        return turn
    blocks = _blocks.decode(turn["content"])
    left = [block for block in blocks if not _is_foreign(_block.decode(block), unsigned=unsigned)]
    if len(left) == len(blocks):
        return turn
    return {**turn, "content": msgspec.Raw(_encode(left))} if left else None


def _is_foreign(block: _Block, *, unsigned: bool) -> bool:
    signature = block.signature or ""
    return block.type == "thinking" and foreign(signature) and (bool(signature) or not unsigned)
