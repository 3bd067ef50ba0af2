"""Where messages with instructions may be, for vendors that take them nowhere but before or after a user's."""

from collections.abc import Sequence
from itertools import takewhile

from services.providers.domain.losses import Losses

Message = dict[str, object]
_SYSTEM = "system"
_BEFORE = frozenset({_SYSTEM, "user"})
"""After whose messages they may be."""


def led(messages: Sequence[Message], losses: Losses) -> list[Message]:
    """The messages, with those instructions before all others that are told after an answer, or last of all.

    A warning says so, as with other vendors that take instructions at certain places.
    """
    leading = list(takewhile(_instructs, messages))
    trailing = len(list(takewhile(_instructs, reversed(messages[len(leading) :]))))
    kept: list[Message] = []
    for at, message in enumerate(messages[len(leading) :], start=len(leading)):
        if _instructs(message) and (kept[-1]["role"] not in _BEFORE or at >= len(messages) - trailing):
            losses.hint("messages.role")
            leading.append(message)
        else:
            kept.append(message)
    return leading + kept


def _instructs(message: Message) -> bool:
    return message["role"] == _SYSTEM
