"""The turns of a Conversation, written as Converse's `system` and `messages`, which take turns.

Turns of the system's and the developer's are `system`: Bedrock has one rank for both. What of it comes later joins
them, and a warning says so. Turns of one side that follow each other become one, so that all results of tools are in
the turn after their calls, before anything else in it. A turn of documents alone says their names: Bedrock wants a
text beside them (docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html).
"""

from collections.abc import Sequence

from services.providers.adapters.bedrock.blocks import Blocks, Written
from services.providers.adapters.bedrock.requests import ASSISTANT, USER
from services.providers.domain.conversation import Media, Role, Turn
from services.providers.domain.losses import Losses

_INSTRUCTIONS = frozenset({Role.SYSTEM, Role.DEVELOPER})
_ASSISTANT = Role.ASSISTANT  # an enum's members are slow to look up


def write_messages(turns: Sequence[Turn], blocks: Blocks, losses: Losses) -> tuple[list[Written], list[Written]]:
    """What is `system`, and the messages."""
    system: list[Written] = []
    sides: list[tuple[str, list[Written]]] = []
    for turn in turns:
        if turn.name:
            losses.hint("messages.name")
        if turn.role in _INSTRUCTIONS:
            if sides:
                losses.hint("messages.role")
            system += _instructions(turn, blocks, losses)
            continue
        role = ASSISTANT if turn.role is _ASSISTANT else USER
        written = list(blocks.write(turn.parts, assistant=role == ASSISTANT))
        if not written:
            continue
        if sides and sides[-1][0] == role:
            sides[-1][1].extend(written)
        else:
            sides.append((role, written))
    if system and not sides:
        sides, system = [(USER, system)], []  # instructions alone are no question to Bedrock's models
    if sides and sides[-1][0] == ASSISTANT and "text" in sides[-1][1][-1]:
        last = sides[-1][1][-1]
        last["text"] = last["text"].rstrip()  # white space at the end of what is begun is refused
    return system, [_message(role, written) for role, written in sides]


def _instructions(turn: Turn, blocks: Blocks, losses: Losses) -> list[Written]:
    for part in turn.parts:
        if isinstance(part, Media):
            losses.meaning("system")
    return list(blocks.write((part for part in turn.parts if not isinstance(part, Media)), assistant=False))


def _message(role: str, written: list[Written]) -> Written:
    if len(written) == 1 and "text" in written[0]:  # as most are
        return {"role": role, "content": written}
    if role == USER and any("toolResult" in block for block in written):
        written = _results_first(written)
    documents = [block["document"]["name"] for block in written if "document" in block]
    if documents and not any("text" in block for block in written):
        written.append({"text": ", ".join(documents)})
    return {"role": role, "content": written}


def _results_first(written: list[Written]) -> list[Written]:
    """Results of tools, each with the point of the cache that follows it, before everything else."""
    results: list[Written] = []
    others: list[Written] = []
    to = others
    for block in written:
        if "cachePoint" not in block:
            to = results if "toolResult" in block else others
        to.append(block)
    return results + others
