"""The assistant's word between what a tool answered and what a user says, for vendors that demand one there."""

from collections.abc import Iterable

Message = dict[str, object]


def bridged(messages: Iterable[Message], word: str) -> list[Message]:
    """The messages, in which the assistant says `word` before every user's that follows a tool's."""
    said: list[Message] = []
    for message in messages:
        if said and said[-1]["role"] == "tool" and message["role"] == "user":
            said.append({"role": "assistant", "content": word})
        said.append(message)
    return said
