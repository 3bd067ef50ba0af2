"""What a vendor of Anthropic's dialect reads from its cache of prompts, and what it writes."""

import json
from typing import Any

from simulator.dialects.anthropic.cache import marked_places
from simulator.dialects.anthropic.request import decode
from simulator.dialects.prompt_cache import Billed, PromptCache

MARK: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
HOUR: dict[str, Any] = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


def text(words: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **fields}


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def bill(cache: PromptCache, *messages: dict[str, Any], now: float = 0.0, **fields: Any) -> Billed:
    request = decode(json.dumps({"model": "m", "messages": messages, **fields}).encode())
    return cache.bill(marked_places(request), request.tokens, now)


def test_a_prompt_without_a_mark_is_neither_read_nor_written() -> None:
    cache = PromptCache()
    assert bill(cache, user(text("x" * 40))) == bill(cache, user(text("x" * 40))) == Billed(16)


def test_what_is_marked_is_written_once_and_then_read() -> None:
    cache = PromptCache()
    asked = user(text("x" * 40, **MARK), text("y" * 8))
    assert bill(cache, asked) == Billed(2, written_5m=16)
    assert bill(cache, asked) == Billed(2, read=16)
    assert bill(cache, user(text("x" * 40, **MARK), text("z" * 8))) == Billed(2, read=16)


def test_another_beginning_model_or_tool_is_another_prompt() -> None:
    cache = PromptCache()
    asked = user(text("x" * 40, **MARK))
    bill(cache, asked)
    assert bill(cache, user(text("x" * 39 + "y", **MARK))).read == 0
    assert bill(cache, asked, model="n").read == 0
    assert bill(cache, asked, tools=[{"name": "a", "input_schema": {"type": "object"}}]).read == 0
    assert bill(cache, asked).read == 16


def test_a_mark_that_moves_on_reads_what_the_last_one_wrote() -> None:
    cache = PromptCache()
    bill(cache, user(text("x" * 40, **MARK)))
    longer = (user(text("x" * 40)), {"role": "assistant", "content": "y" * 8}, user(text("z" * 4, **MARK)))
    # 3 + 2 for the answer, 3 + 1 for what came then.
    assert bill(cache, *longer) == Billed(0, read=16, written_5m=9)
    assert bill(cache, *longer) == Billed(0, read=25)


def test_several_marks_are_written_each_for_its_time() -> None:
    cache = PromptCache()
    system = [text("s" * 40, **HOUR)]
    assert bill(cache, user(text("x" * 40, **MARK)), system=system) == Billed(0, written_1h=16, written_5m=13)


def test_what_is_not_read_for_its_time_is_forgotten() -> None:
    cache = PromptCache()
    asked = user(text("x" * 40, **MARK))
    bill(cache, asked)
    assert bill(cache, asked, now=299).read == 16
    assert bill(cache, asked, now=299 + 299).read == 16
    assert bill(cache, asked, now=299 + 299 + 300).read == 0
    bill(cache, user(text("h" * 40, **HOUR)))
    assert bill(cache, user(text("h" * 40, **HOUR)), now=3599).read == 16


def test_a_mark_of_the_request_is_one_of_its_last_block() -> None:
    cache = PromptCache()
    assert bill(cache, {"role": "user", "content": "x" * 40}, **MARK) == Billed(0, written_5m=16)
    assert bill(cache, user(text("x" * 40, **MARK))).read == 16
