"""A vendor's stream says the same wherever it is split, to callers of each dialect."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from services.providers.application.ports import Dialect, VendorRequest
from services.providers.domain.answer import Frame
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from simulator.answers import Answer, Block
from simulator.dialects.prompt_cache import Billed
from tests.unit.providers.known import VENDORS
from tests.unit.providers.simulated import MODEL, RENDER, cut, frames, in_bytes, openais

CHAT, COMPLETIONS = CallerDialect.OPENAI_CHAT, CallerDialect.OPENAI_COMPLETIONS
MESSAGES, RESPONSES = CallerDialect.ANTHROPIC_MESSAGES, CallerDialect.OPENAI_RESPONSES

TEXT = Block(("naïve", " 日本", " 🌊 \u2028", ' "x"\r\n\\'))
SHORT = Block((' 🌊"\r\n',))
THOUGHT = Block(("Grüß", " dich"), "thought")
CALLS = (Block(('{"city":"Köln"}',), "call", "weather"), Block(("{}",), "call", "now"))

ASKED: Mapping[CallerDialect, dict[str, Any]] = {
    CHAT: {"messages": [{"role": "user", "content": "hi"}], "stream_options": {"include_usage": True}},
    COMPLETIONS: {"prompt": "hi", "stream_options": {"include_usage": True}},
    MESSAGES: {"max_tokens": 99, "messages": [{"role": "user", "content": "hi"}]},
    RESPONSES: {"input": "hi"},
}
OF_OPENAI = ("openai", "azure")
NATIVE = {"anthropic": MESSAGES}
"""Whose own dialect a caller's is; OpenAI's are its own, and Mistral's is OpenAI's chat, though translated."""
DECODERS = ("openai", "azure", "anthropic", "bedrock", "cohere", "gemini", "mistral")
PAIRS = [
    *((vendor, caller) for vendor in OF_OPENAI for caller in (CHAT, COMPLETIONS, RESPONSES, MESSAGES)),
    *((vendor, caller) for vendor in RENDER for caller in (CHAT, MESSAGES, RESPONSES)),
]
OWN = [("openai", COMPLETIONS), ("openai", RESPONSES), *((vendor, NATIVE.get(vendor, CHAT)) for vendor in DECODERS)]
"""Each decoder once: with the caller for whom least is done."""


def streamed(vendor: str, caller: CallerDialect, *said: Block) -> tuple[Dialect, VendorRequest, bytes]:
    """What a caller asks of a vendor, and its streamed answer: what of these its dialect has words for."""
    dialect = VENDORS[vendor].spoken_to(caller)
    body = json.dumps({"model": "chat", "stream": True, **ASKED[caller]}).encode()
    request = dialect.request(Envelope("r", 1, "acme", "up", MODEL, body, "", None, "", caller), stream=True)
    if vendor not in OF_OPENAI:
        answer = Answer(said, "tool_calls", 40)
        return dialect, request, in_bytes(RENDER[vendor](answer, Billed(20, 10, 10), 1))
    spoken = CHAT if caller is MESSAGES else caller
    kinds = {CHAT: {"text", "call"}, COMPLETIONS: {"text"}, RESPONSES: {"text", "call", "thought"}}[spoken]
    answer = Answer(
        tuple(block for block in said if block.kind in kinds), "stop" if spoken is COMPLETIONS else "tool_calls", 40
    )
    return dialect, request, in_bytes(openais(vendor, spoken, answer, request.body, 1))


def numbered(said: list[Frame]) -> list[Frame]:
    """The frames, in which ids that we make are as numbers, in their order."""
    ids: dict[bytes, bytes] = {}

    def number(found: re.Match[bytes]) -> bytes:
        return ids.setdefault(found[0], b"id-%d" % len(ids))

    return [replace(frame, data=re.sub(rb"[0-9a-f]{24,}", number, frame.data)) for frame in said]


@pytest.mark.parametrize(("vendor", "caller"), PAIRS)
def test_a_stream_that_comes_byte_by_byte_says_what_it_says_at_once(vendor: str, caller: CallerDialect) -> None:
    dialect, request, stream = streamed(vendor, caller, THOUGHT, TEXT, *CALLS)
    whole = numbered(frames(dialect, request, [stream]))
    assert "".join(frame.text for frame in whole).strip() == TEXT.text.strip()
    assert [frame.end for frame in whole].count(True) == 1
    assert whole[-1].end
    assert [frame.usage.output_tokens for frame in whole if frame.usage is not None][-1] > 0
    assert numbered(frames(dialect, request, cut(stream, range(1, len(stream))))) == whole


@pytest.mark.parametrize(("vendor", "caller"), OWN)
def test_a_stream_that_is_split_at_any_byte_says_what_it_says_at_once(vendor: str, caller: CallerDialect) -> None:
    dialect, request, stream = streamed(vendor, caller, SHORT, CALLS[0])
    whole = numbered(frames(dialect, request, [stream]))
    for at in range(1, len(stream)):
        assert numbered(frames(dialect, request, cut(stream, [at]))) == whole, at
