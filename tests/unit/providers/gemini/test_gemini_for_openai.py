"""Gemini as callers of OpenAI's dialect meet it."""

import json
from datetime import UTC, datetime
from typing import Any

from services.providers.adapters.gemini.dialect import GeminiDialect
from services.providers.adapters.gemini.grammar import GeminiGrammar
from services.providers.adapters.openai.grammar import OpenAIGrammar
from services.providers.application.translated import Translated
from services.providers.domain.envelope import Envelope
from tests.unit.providers.gemini.documented import CALLS
from tests.unit.providers.reading import answered

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GEMINI = Translated(OpenAIGrammar(now=lambda: NOW), GeminiGrammar(), GeminiDialect(max_event=10_000))
QUESTION = {"role": "user", "content": "Is it raining?"}


def asked(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = json.dumps({"model": "chat", "messages": messages} | fields).encode()
    envelope = Envelope("r", 1, "o", "p", "gemini-3-flash-preview", body, "", None, "")
    sent = json.loads(GEMINI.request(envelope, stream=False).body)
    assert isinstance(sent, dict)
    return sent


def test_an_answer_with_calls_goes_back_as_the_vendor_said_it() -> None:
    message = json.loads(answered(GEMINI, CALLS).body)["choices"][0]["message"]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "no"} for call in message["tool_calls"]]
    sent = asked(QUESTION, message, *reversed(results))
    assert sent["contents"][1] == json.loads(CALLS)["candidates"][0]["content"] | {"role": "model"}
    assert [part["functionResponse"] for part in sent["contents"][2]["parts"]] == [
        {"name": "get_weather", "response": {"output": "no"}}
    ] * 2


def test_a_caller_that_loses_signatures_is_answered_all_the_same() -> None:
    message = json.loads(answered(GEMINI, CALLS).body)["choices"][0]["message"]
    for call in message["tool_calls"]:
        call.pop("extra_content", None)
    calls = [part for part in asked(QUESTION, message)["contents"][1]["parts"] if "functionCall" in part]
    assert [call.get("thoughtSignature") for call in calls] == ["skip_thought_signature_validator", None]
