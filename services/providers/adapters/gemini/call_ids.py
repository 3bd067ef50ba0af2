"""Ids for calls of tools that Gemini gave none: older models tell a call by its name and its order alone."""

import re

_MADE = "gemini_"
_LONGEST = 24
"""Of what is used of a reply's id, so that ours has at most 40 characters, as OpenAI's must."""

_OTHER = re.compile(r"[^a-zA-Z0-9_-]")


def make(reply: str, choice: int, call: int) -> str:
    """The same for the same call of the same reply, of characters that every vendor takes in an id."""
    return f"{_MADE}{_OTHER.sub('', reply)[:_LONGEST]}_{choice}_{call}"


def made(call_id: str) -> bool:
    """Whether the vendor never saw it."""
    return call_id.startswith(_MADE)
