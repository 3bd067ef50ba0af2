"""The turns of a Conversation, written as Anthropic's `system` and `messages`.

Turns of the system's and the developer's before all others are `system`: Anthropic has one rank for both. Later ones
stay where they are if the model takes them there, which is right after a user's turn and before the model's own; else
they join `system`, as in Anthropic's own layer for OpenAI's SDK (platform.claude.com/docs/en/api/openai-sdk), and a
warning says so. Where nothing but instructions is said, they are a user's turn, without which there is no question
("messages: at least one message is required"). Turns of one side that follow each other become one, as the API would
make them, so that all results of tools are in the turn after their calls, before anything else in it.
"""

from collections.abc import Sequence
from typing import Any

from services.providers.adapters.anthropic.models import Traits
from services.providers.adapters.anthropic.write_blocks import Written, plain, write_parts
from services.providers.domain.conversation import Role, Turn
from services.providers.domain.losses import Losses

_ASSISTANT, _SYSTEM, _USER = "assistant", "system", "user"
_ROLES = {Role.ASSISTANT: _ASSISTANT, Role.SYSTEM: _SYSTEM, Role.DEVELOPER: _SYSTEM, Role.USER: _USER}


def write_messages(
    turns: Sequence[Turn], traits: Traits, losses: Losses
) -> tuple[list[Written] | str, list[dict[str, Any]]]:
    """What is `system`, empty where nothing is, and the messages."""
    system: list[Written] = []
    sides: list[tuple[str, list[Written]]] = []
    for turn in turns:
        if turn.name:
            losses.hint("messages.name")
        blocks = write_parts(turn.parts, losses)
        if not blocks:
            continue
        role = _ROLES[turn.role]
        if role == _SYSTEM and not sides:
            system += blocks
        elif sides and sides[-1][0] == role:
            sides[-1][1].extend(blocks)
        else:
            sides.append((role, blocks))
    _place(sides, system, traits, losses)
    if system and not sides:
        sides, system = [(_USER, system)], []
    if sides and sides[-1][0] == _ASSISTANT:
        _end(sides)
    return plain(system) if system else "", [_message(role, blocks) for role, blocks in sides]


def _place(sides: list[tuple[str, list[Written]]], system: list[Written], traits: Traits, losses: Losses) -> None:
    """Move to `system` what the model does not take where it is."""
    at = 0
    while at < len(sides):
        role, blocks = sides[at]
        after = sides[at + 1][0] if at + 1 < len(sides) else _ASSISTANT
        if role != _SYSTEM or (traits.instructions and sides[at - 1][0] == _USER and after == _ASSISTANT):
            at += 1
            continue
        losses.hint("messages.role")
        system += blocks
        del sides[at]
        if at < len(sides) and sides[at - 1][0] == sides[at][0]:
            sides[at - 1][1].extend(sides.pop(at)[1])


def _end(sides: list[tuple[str, list[Written]]]) -> None:
    """White space at the end of an assistant's last turn is refused."""
    last = sides[-1][1][-1]
    if last["type"] == "text":
        last["text"] = last["text"].rstrip()


def _message(role: str, blocks: list[Written]) -> dict[str, Any]:
    if role == _USER:
        blocks.sort(key=_after_results)
    return {"role": role, "content": plain(blocks)}


def _after_results(block: Written) -> bool:
    return str(block["type"]) != "tool_result"
