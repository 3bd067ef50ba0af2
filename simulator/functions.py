"""Which functions a simulated vendor calls: what the request offers and demands, and what the behaviour leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

UNNAMED = "simulated"
Answers = Literal["text", "tool_call", "tool_calls"]
"""What is answered where the request leaves it open: text, one call, or one of each function (two, of a single one)."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function that is offered, or called. `parameters` is its JSON schema, decoded; None where there is none."""

    name: str
    parameters: object = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a request says of functions. `choice` is `auto`, `none` or `required`; `named` one that must be called.

    `several` says that more than one may be called at once, `answered` that the request ends with what functions said.
    """

    functions: Sequence[Function] = ()
    choice: Literal["auto", "none", "required"] = "auto"
    named: str = ""
    several: bool = True
    answered: bool = False


def called(offer: Offer, answers: Answers) -> tuple[Function, ...]:
    """Return the functions that are called; none where the answer is text."""
    if offer.choice == "none":
        return ()
    if offer.named:
        return (next((each for each in offer.functions if each.name == offer.named), Function(offer.named)),)
    demanded = bool(offer.functions) and offer.choice == "required"
    # Who has heard what the functions said is answered in words; else a conversation would never end.
    if not demanded and (answers == "text" or offer.answered):
        return ()
    functions = tuple(offer.functions) or (Function(UNNAMED),)
    if answers != "tool_calls" or not offer.several:
        return functions[:1]
    return functions if len(functions) > 1 else functions * 2
