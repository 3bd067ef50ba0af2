"""What vendors of each dialect say, in their own bytes, is the reply that is read: whole and streamed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from services.providers.adapters.anthropic.dialect import AnthropicDialect
from services.providers.adapters.anthropic.grammar import AnthropicGrammar
from services.providers.adapters.bedrock.dialect import BedrockDialect
from services.providers.adapters.bedrock.grammar import BedrockGrammar
from services.providers.adapters.cohere.dialect import CohereDialect
from services.providers.adapters.cohere.grammar import CohereGrammar
from services.providers.adapters.gemini.dialect import GeminiDialect
from services.providers.adapters.gemini.grammar import GeminiGrammar
from services.providers.adapters.openai.dialect import OpenAIDialect
from services.providers.adapters.openai.grammar import OpenAIGrammar
from services.providers.adapters.presets import PRESETS
from services.providers.application.grammar import VendorGrammar
from services.providers.application.ports import Dialect
from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Citation, Reasoning, Text, ToolCall
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finished,
    ReasoningAdded,
    Reply,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)
from simulator.answers import Answer, Block, FinishReason
from simulator.dialects.prompt_cache import Billed
from simulator.dialects.thought_signature import sign
from tests.unit.providers.known import NOW
from tests.unit.providers.reading import ANY
from tests.unit.providers.simulated import IDENTITY, MODEL, RENDER, frames, in_bytes

LARGE = 1_000_000
_MISTRAL = next(preset.means for preset in PRESETS if preset.name == "mistral")
_GOOGLE: tuple[Dialect, VendorGrammar] = (GeminiDialect(max_event=LARGE), GeminiGrammar())
READS: Mapping[str, tuple[Dialect, VendorGrammar]] = {
    "anthropic": (AnthropicDialect(max_event=LARGE), AnthropicGrammar()),
    "bedrock": (BedrockDialect(max_event=LARGE, now=lambda: NOW, region="eu-central-1"), BedrockGrammar()),
    "cohere": (CohereDialect(max_event=LARGE), CohereGrammar()),
    "gemini": _GOOGLE,
    "mistral": (OpenAIDialect(max_event=LARGE, means=_MISTRAL), OpenAIGrammar(now=lambda: NOW, means=_MISTRAL)),
    "vertex": _GOOGLE,
}
SIGNED = {"anthropic", "bedrock"}
"""Whose thoughts have a proof of their own."""
OF_GOOGLE = {"gemini", "vertex"}
HAS_NO_WORD_FOR_POLICY = {"cohere", "mistral"}


@dataclass
class Said:
    """A reply, put together: what of one kind was said in turn is one. `calls`: name, arguments, signature."""

    text: str = ""
    thought: str = ""
    signatures: list[str] = field(default_factory=list)
    calls: list[tuple[str, Any, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    finish: str = ""
    usage: Usage | None = None
    heading: tuple[str, str] = ("", "")
    """The reply's id and its model."""


def put_together(reply: Reply) -> Said:
    (choice,) = reply.choices
    said = Said(finish=choice.finish.reason, usage=reply.usage, heading=(reply.id, reply.model))
    for part in choice.parts:
        match part:
            case Text(text=text, citations=citations):
                said.text += text
                said.citations += citations
            case Reasoning(text=text, signature=signature):
                said.thought += text
                said.signatures += [signature] if signature else []
            case ToolCall():
                said.calls.append((part.name, json.loads(part.arguments), part.signature))
                said.ids.append(part.id)
            case _:
                raise AssertionError(f"nobody said {part}")
    return said


def followed(events: Iterable[Event]) -> Said:
    said, arguments = Said(), dict[int, str]()
    for event in events:
        match event:
            case Began():
                assert said == Said(), "it begins once and first"
                said.heading = (event.id, event.model)
            case TextAdded(text=text):
                said.text += text
            case ReasoningAdded(text=text, signature=signature):
                said.thought += text
                said.signatures += [signature] if signature else []
            case ToolCallBegan(call=call):
                assert call == len(said.calls)
                said.calls.append((event.name, None, event.signature))
                said.ids.append(event.id)
            case ArgumentsAdded(call=call, text=text):
                arguments[call] = arguments.get(call, "") + text
            case CitationAdded(citation=citation):
                said.citations.append(citation)
            case Finished(finish=finish):
                assert not said.finish, "it is complete once"
                said.finish = finish.reason
            case UsageTold(usage=usage):
                said.usage = usage
            case _:
                raise AssertionError(f"nobody said {event}")
    said.calls = [(name, json.loads(arguments[call]), proof) for call, (name, _, proof) in enumerate(said.calls)]
    return said


def expected(vendor: str, answer: Answer, billed: Billed, *, stream: bool) -> Said:
    """What was said, as this vendor's dialect can tell it; ids of calls are not foretold."""
    of = {kind: [block for block in answer.blocks if block.kind == kind] for kind in ("text", "thought", "call")}
    thoughts, given = sum(len(block.tokens) for block in of["thought"]), len(answer.tokens)
    calls = [(block.function, json.loads(block.text), "") for block in of["call"]]
    signatures = [sign(block.text) for block in of["thought"]] if vendor in SIGNED else []
    if vendor in OF_GOOGLE:
        signatures = [f"gemini:{sign('')}"] if of["text"] or stream else []  # an empty text at a stream's end has it
        calls = [(*call[:2], f"gemini-call:{sign(call[0])}" if at == 0 else "") for at, call in enumerate(calls)]
    usage = Usage(answer.prompt_tokens, given, 0 if vendor == "mistral" else billed.read)
    if vendor in {*OF_GOOGLE, "anthropic"}:
        usage = structs.replace(usage, reasoning_tokens=thoughts)
    if vendor in SIGNED:
        usage = structs.replace(usage, cache_write_tokens=billed.written, cache_write_1h_tokens=billed.written_1h)
    return Said(
        text="".join(block.text for block in of["text"]),
        thought="".join(block.text for block in of["thought"]),
        signatures=signatures,
        calls=calls,
        citations=[cited(block.tokens) for block in of["text"] if vendor == "cohere" and len(block.tokens) > 2],
        finish=answer.finish_reason,
        usage=usage,
    )


def cited(said: Sequence[str]) -> Citation:
    """The third token, without the space before it: simulated vendors cite that."""
    start, word = len(said[0] + said[1]) + 1, said[2][1:]
    return Citation(word, "doc:0", start=start, end=start + len(word), counted_in="answer")


HEADINGS = {
    "anthropic": (f"msg_{IDENTITY}", MODEL),
    "bedrock": ("", ""),
    "cohere": (IDENTITY, ""),
    "gemini": (IDENTITY, MODEL),
    "mistral": (IDENTITY, MODEL),
    "vertex": (IDENTITY, MODEL),
}

tokens = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5), min_size=1, max_size=4
).map(tuple)
objects = st.dictionaries(st.text(max_size=3), st.integers(-9, 9) | st.text(max_size=4) | st.none(), max_size=3)


@st.composite
def calls(draw: st.DrawFn) -> Block:
    """A call, whose arguments come in pieces."""
    written = json.dumps(draw(objects), ensure_ascii=draw(st.booleans()))
    at = draw(st.integers(1, len(written) - 1))
    return Block((written[:at], written[at:]), "call", draw(st.from_regex(r"[a-z_]{1,8}", fullmatch=True)))


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """A thought perhaps, then words, or calls side by side, or both."""
    blocks = [Block(thought, "thought") for thought in draw(st.lists(tokens, max_size=1))]
    called = draw(st.lists(calls(), max_size=3))
    if not called or draw(st.booleans()):
        blocks.append(Block(draw(tokens)))
    finish: FinishReason = "tool_calls" if called else draw(st.sampled_from(["stop", "length", "content_filter"]))
    return Answer((*blocks, *called), finish, 0)


bills = st.builds(Billed, *[st.integers(0, 99)] * 4)


@pytest.mark.parametrize("vendor", RENDER)
@settings(deadline=None, max_examples=40)
@given(answer=answers(), billed=bills, chunk=st.integers(1, 4))
def test_what_a_vendor_says_is_what_is_read(vendor: str, answer: Answer, billed: Billed, chunk: int) -> None:
    if vendor in HAS_NO_WORD_FOR_POLICY and answer.finish_reason == "content_filter":
        answer = replace(answer, finish_reason="stop")
    answer = replace(answer, prompt_tokens=billed.fresh + billed.read + billed.written)
    dialect, grammar = READS[vendor]
    render = RENDER[vendor]

    body = in_bytes(render(answer, billed, None))
    dialect.answer(ANY, body, "")
    whole = put_together(grammar.read_answer(body))
    reader = grammar.reader()
    told = frames(dialect, ANY, [in_bytes(render(answer, billed, chunk))])
    said = [event for frame in told if frame.data for event in reader.read(frame.data)]
    streamed = followed(said)

    assert len({*whole.ids} - {""}) == len(whole.calls)
    assert whole.ids == streamed.ids
    assert whole.heading == streamed.heading == HEADINGS[vendor]
    for read, stream in ((whole, False), (streamed, True)):
        assert replace(read, ids=[], heading=("", "")) == expected(vendor, answer, billed, stream=stream)
