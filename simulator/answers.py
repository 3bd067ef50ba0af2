"""What a simulated vendor says, and how it counts tokens: a function of the request, so that tests can foretell it.

One token of an answer is one word with the space before it. The first token is `vendor/model`, the second ` heard:`,
and the rest are the words of what was said last (the last user message, or what functions answered), from the start
again when they run out, then marked `-2`, `-3` ... The second answer to one question, and the second call of a
function in one answer, begin with `vendor/model#2`, and so on.

Only the first token tells vendors apart. So an answer that one vendor began can be ended by another: given a beginning
of n words, the answer goes on with its token n, and both parts together are what the first one would have said, where
both give answers of the same length. A last word that is the beginning of its token is completed.

An answer in JSON is `{"answer":"..."}` around the same tokens, or what `simulator.schemas` makes of a schema; a call
of a function has that as its arguments. A thought is `Asked:` and the first words of what was said last.

A prompt counts 3 tokens, plus for every message 3 and one for each started 4 characters of its text, and 85 for every
image. The beginning of an answer is a message of the prompt like any other; what a vendor says after it, or again, is
counted as its answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from simulator.functions import Function
from simulator.schemas import around

TOKENS_PER_PROMPT = 3
TOKENS_PER_MESSAGE = 3
TOKENS_PER_IMAGE = 85
CHARACTERS_PER_TOKEN = 4
THOUGHT_WORDS = 5
_TOKEN = re.compile(r"\s*\S+|\s+$")
_JSON_TOKEN = re.compile(r"[^,]+,?|,")

FinishReason = Literal["stop", "length", "content_filter", "tool_calls"]
Prefill = Literal["continues", "repeats", "ignores", "refuses"]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of an answer: text, a thought before it, or the call of a `function` with the text as its arguments."""

    tokens: tuple[str, ...]
    kind: Literal["text", "thought", "call"] = "text"
    function: str = ""

    @property
    def text(self) -> str:
        """The block's text."""
        return "".join(self.tokens)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: its blocks, at least one, and the size of the prompt it answers.

    `stop_sequence` is the one that ended it, which is not in its text; empty where none did.
    """

    blocks: tuple[Block, ...]
    finish_reason: FinishReason
    prompt_tokens: int
    stop_sequence: str = ""

    @property
    def tokens(self) -> tuple[str, ...]:
        """All tokens, in their order."""
        return tuple(token for block in self.blocks for token in block.tokens)

    @property
    def text(self) -> str:
        """What is said, or the arguments of what is called; not what was thought before."""
        return "".join(block.text for block in self.blocks if block.kind != "thought")

    def cut(self, count: int, reason: FinishReason) -> Answer:
        """Return the beginning of so many tokens, which ends for that reason."""
        kept: list[Block] = []
        for block in self.blocks:
            if count > 0 or not kept:
                kept.append(replace(block, tokens=block.tokens[: max(count, 0)]))
            count -= len(block.tokens)
        return Answer(tuple(kept), reason, self.prompt_tokens)


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer depends on: `asked` is what was said last, `prefix` the beginning of an answer to it.

    `in_json` demands an answer in JSON, which follows the `schema` (decoded) where there is one. `functions` are to be
    called. `stop` are texts before which the answer ends. `thinks` puts a thought before it. So many `choices` are
    wanted, each an answer.
    """

    asked: str
    prompt_tokens: int = 0
    prefix: str = ""
    limit: int | None = None
    in_json: bool = False
    schema: object = None
    functions: tuple[Function, ...] = ()
    stop: tuple[str, ...] = ()
    thinks: bool = False
    choices: int = 1


def count_prompt_tokens(texts: Iterable[str], *, images: int = 0) -> int:
    """Count the tokens of a prompt, given the text of each of its messages, and how many images they have."""
    total = TOKENS_PER_PROMPT + images * TOKENS_PER_IMAGE
    for text in texts:
        total += TOKENS_PER_MESSAGE - (-len(text) // CHARACTERS_PER_TOKEN)
    return total


def compose(
    vendor: str, model: str, question: Question, *, length: int, prefill: Prefill = "continues", choice: int = 0
) -> Answer:
    """Answer in `length` tokens, those that the prefix has included, cut short at the question's limit.

    `choice` is the answer's number among several to one question.
    """
    name = _numbered(f"{vendor}/{model}", choice)
    thought = (_thought(question.asked),) if question.thinks else ()
    room = None if question.limit is None else max(question.limit - sum(len(block.tokens) for block in thought), 0)
    if question.functions:
        calls = [
            Block(_arguments(_numbered(name, number), question.asked, function, length), "call", function.name)
            for number, function in enumerate(question.functions)
        ]
        answer = Answer((*thought, *calls), "tool_calls", question.prompt_tokens)
    else:
        begun = replace(question, prefix="") if prefill == "ignores" else question
        text, whole = _said(name, begun, length, room, again=prefill == "repeats")
        answer = Answer((*thought, Block(tuple(text))), "stop" if whole else "length", question.prompt_tokens)
    if question.limit is not None and len(answer.tokens) > question.limit:
        answer = answer.cut(question.limit, "length")
    return _stopped(answer, question.stop) if question.stop else answer


def _numbered(name: str, number: int) -> str:
    return f"{name}#{number + 1}" if number else name


def _thought(asked: str) -> Block:
    words = asked.split(None, THOUGHT_WORDS)[:THOUGHT_WORDS]
    return Block(("Asked:", *(f" {word}" for word in words)), "thought")


def _arguments(name: str, asked: str, function: Function, length: int) -> tuple[str, ...]:
    return tuple(_in_json(_tokens(name, asked, length), around(function.parameters), complete=True))


def _said(name: str, question: Question, length: int, room: int | None, *, again: bool) -> tuple[list[str], bool]:
    """Return what is said, after the beginning `again` where that is wanted, and whether it is all."""
    repeated = _TOKEN.findall(question.prefix) if again else []
    already = len(question.prefix.split())
    # Said up to what fits only: a prompt may be a book and its answer a word.
    wanted = length if room is None else min(length, already + room)
    tokens = _tokens(name, question.asked, wanted)
    form = around(question.schema) if question.in_json else ("", "")
    if question.in_json:
        tokens = _in_json(tokens, form, complete=wanted == length)
    tokens = repeated + _rest(tokens, question.prefix, already)
    if room is None:
        return tokens, True
    return tokens[:room], (wanted == length or isinstance(form, str)) and len(tokens) <= room


def _tokens(name: str, asked: str, count: int) -> list[str]:
    tokens = [name, " heard:"]
    words = asked.split(None, count)[:count] or ["nothing"]
    turn = 1
    while len(tokens) < count:
        mark = "" if turn == 1 else f"-{turn}"
        tokens += [f" {word}{mark}" for word in words[: count - len(tokens)]]
        turn += 1
    return tokens[:count]


def _in_json(tokens: list[str], form: tuple[str, str] | str, *, complete: bool) -> list[str]:
    if isinstance(form, str):
        return _JSON_TOKEN.findall(form)
    escaped = [json.dumps(token, ensure_ascii=False)[1:-1] for token in tokens]
    if escaped:
        escaped[0] = form[0] + escaped[0]
        if complete:
            escaped[-1] += form[1]
    return escaped


def _stopped(answer: Answer, stop: tuple[str, ...]) -> Answer:
    """Return the answer as it is where a stop sequence ends it; only text is ended."""
    *before, last = answer.blocks
    found = [(at, sequence) for sequence in stop if sequence and (at := last.text.find(sequence)) >= 0]
    if last.kind != "text" or not found:
        return answer
    left, sequence = min(found)
    kept: list[str] = []
    for token in last.tokens:
        if left <= 0:
            break
        kept.append(token[:left])
        left -= len(token)
    ended = replace(last, tokens=tuple(kept))
    return Answer((*before, ended), "stop", answer.prompt_tokens, sequence)


def _rest(tokens: list[str], prefix: str, already: int) -> list[str]:
    rest = tokens[already:]
    if not already:
        return rest
    if prefix[-1].isspace():
        return [token.lstrip() if at == 0 else token for at, token in enumerate(rest)]
    begun, token = prefix.rsplit(None, 1)[-1], tokens[already - 1].lstrip() if already <= len(tokens) else ""
    if token.startswith(begun) and token != begun:
        return [token.removeprefix(begun), *rest]
    return rest
