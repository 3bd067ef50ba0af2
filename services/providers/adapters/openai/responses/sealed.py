"""What proves a thought to the vendor that had it, as `encrypted_content` of a reasoning item.

Callers pass it on unread, and a conversation may move between vendors: so what is not OpenAI's own is marked, and
OpenAI is not shown it.
"""

from services.providers.domain.conversation import Reasoning

MARK = "seawall:"
_SIGNED = f"{MARK}signed:"
_REDACTED = f"{MARK}redacted:"


def seal(signature: str, redacted: str) -> str:
    """As callers have it; empty where there is nothing to prove."""
    if redacted:
        return _REDACTED + redacted
    return _SIGNED + signature if signature else ""


def unseal(text: str, sealed: str) -> Reasoning:
    """The thought. What OpenAI encrypted proves nothing to any other vendor, so it is left out."""
    if sealed.startswith(_REDACTED):
        return Reasoning(text, redacted=sealed.removeprefix(_REDACTED))
    return Reasoning(text, sealed.removeprefix(_SIGNED) if sealed.startswith(_SIGNED) else "")


def of_openai(sealed: str) -> bool:
    """Whether OpenAI encrypted it."""
    return bool(sealed) and not sealed.startswith(MARK)
