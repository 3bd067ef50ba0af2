"""Gemini's thought signatures, as they travel through callers' conversations.

Callers keep what proves a model's thoughts without a look at it, and a conversation may have been with another vendor
before. So Gemini's own are marked, and no other is shown to it (it answers 400 to what it did not sign). Where a
caller's dialect has no place for the signature of a call, it comes back as Reasoning without text before the call,
marked as that.
"""

OWN = "gemini:"
"""Before what signs a text or a thought."""
OF_CALL = "gemini-call:"
"""Before what signs a call of a tool."""

MARKS = (OWN, OF_CALL)

NONE = "skip_thought_signature_validator"
"""What Google tells to sign calls with that its model did not make, or whose signature was lost
(ai.google.dev/gemini-api/docs/thought-signatures, of history from other models)."""


def marked(signature: str, mark: str) -> str:
    """As callers have it; empty where there is none."""
    return mark + signature if signature else ""


def own(signature: str, mark: str) -> str:
    """What Gemini signed with; empty where it is another's, or signs something else."""
    return signature[len(mark) :] if signature.startswith(mark) else ""
