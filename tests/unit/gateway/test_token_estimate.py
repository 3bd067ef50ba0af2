"""Estimates of a prompt's tokens: against what real tokenizers count, and what holds for any text."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.chat import Chat
from services.gateway.domain.extent import EVERY, SAMPLE, WHOLE, extent_of
from services.gateway.domain.token_estimate import FIRST, THEN, TOKENS_PER_MEDIUM, TokenEstimate
from services.gateway.domain.token_weights import FAMILIES, WEIGHTS, weights_of
from services.gateway.domain.usage import Usage

TEXTS = st.text(max_size=300)
FAMILY = st.sampled_from(FAMILIES)


def chat(text: str, *, escaped: bool = False, turns: int = 1) -> Chat:
    said = [{"role": "user", "content": text}] * turns
    body = json.dumps({"model": "m", "messages": said}, ensure_ascii=escaped).encode()
    return Chat("m", False, body)


def about(asked: Chat, family: str = "o200k") -> int:
    return TokenEstimate(WEIGHTS[family]).prompt(asked)


LANGUAGES = json.loads((Path(__file__).parents[3] / "bench/estimate/languages.json").read_text())
CODE = """def tide(harbour: str, day: int) -> float:
    \"\"\"Metres above the chart at noon.\"\"\"
    table = read_table(harbour)
    return sum(wave.height * cos(wave.speed * day) for wave in table.waves)
"""
COUNTED = {
    # Of the second text of each language: o200k_base, cl100k_base (tiktoken 0.14), anthropic_tokenizer (LiteLLM 1.106),
    # each with what is written around it, as bench/estimate/truth.py says.
    "english": (49, 50, 53),
    "german": (53, 69, 79),
    "russian": (50, 79, 95),
    "chinese": (56, 75, 76),
    "japanese": (64, 89, 91),
    "arabic": (48, 106, 142),
    "hindi": (50, 139, 154),
    "emoji": (50, 58, 64),
    CODE: (62, 62, 68),
}


@pytest.mark.parametrize("text", COUNTED)
def test_estimates_are_as_near_to_what_tokenizers_count_as_is_said(text: str) -> None:
    asked = chat(LANGUAGES[text][1] if text in LANGUAGES else text)
    for family, counted in zip(("o200k", "cl100k", "claude"), COUNTED[text], strict=True):
        assert about(asked, family) == pytest.approx(counted, rel=0.26), family


@given(TEXTS, FAMILY)
def test_a_text_counts_the_same_whether_its_characters_are_escaped_or_not(text: str, family: str) -> None:
    assert chat(text).extent == chat(text, escaped=True).extent
    assert about(chat(text), family) == about(chat(text, escaped=True), family)


@given(TEXTS, TEXTS, FAMILY)
def test_more_text_is_never_fewer_tokens(text: str, more: str, family: str) -> None:
    assert 0 < about(chat(text), family) <= about(chat(text + more), family)


@given(TEXTS, st.integers(1, 20), FAMILY)
def test_another_message_is_more_tokens(text: str, turns: int, family: str) -> None:
    assert about(chat(text, turns=turns), family) < about(chat(text, turns=turns + 1), family)


@given(st.binary(max_size=3_000), FAMILY)
def test_any_bytes_have_an_estimate_and_it_is_not_negative(body: bytes, family: str) -> None:
    assert about(Chat("m", False, body), family) > 0


@given(st.integers(0, 3 * EVERY), st.integers(0, 3 * EVERY))
def test_more_of_a_long_text_is_never_fewer_tokens(length: int, more: int) -> None:
    text = "The harbour master wrote 12 lines, then left.\n" * ((WHOLE + 6 * EVERY) // 40)
    assert about(chat(text[: WHOLE + length])) <= about(chat(text[: WHOLE + length + more]))


@pytest.mark.parametrize("escaped", [True, False])
def test_a_long_text_is_sampled_and_estimated_as_if_all_of_it_was_counted(escaped: bool) -> None:
    rng = random.Random(1)
    words = ["harbour", "tide", "12", "ship()", "Zürich", "潮汐", "\n", "and", "the", "{}"]
    text = " ".join(rng.choices(words, k=200_000))
    pieces = [text[at : at + 2_000] for at in range(0, len(text), 2_000)]
    base = chat("", escaped=escaped)
    counted = sum(sum(chat(piece, escaped=escaped).extent[1:]) - sum(base.extent[1:]) for piece in pieces)
    assert sum(chat(text, escaped=escaped).extent[1:]) == pytest.approx(counted, rel=0.01)
    assert len(text) > WHOLE * 2 > SAMPLE


PICTURE = "data:image/png;base64," + "iVBORw0KGgo/AAAA+NSUhEUgAAAQAA" * 2_000 + "=="


def with_picture(text: str, write: Callable[[str], str] = str) -> Chat:
    parts = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": PICTURE}}]
    body = write(json.dumps({"messages": [{"role": "user", "content": parts}]}))
    return Chat("m", False, body.encode(), vision=True)


def test_a_picture_counts_as_one_and_not_as_its_bytes() -> None:
    asked = with_picture("What is this?")
    assert asked.extent.media == 1
    assert about(asked) == pytest.approx(TOKENS_PER_MEDIUM, abs=30)


def test_slashes_of_a_picture_may_be_escaped() -> None:
    asked = with_picture("What is this?", lambda body: body.replace("/", "\\/"))
    assert asked.extent.media == 1


def test_text_around_pictures_is_counted() -> None:
    said = "The harbour master wrote it down. " * 50
    assert about(with_picture(said)) - about(with_picture("")) == pytest.approx(about(chat(said)), rel=0.1)


def test_a_picture_that_is_cut_short_is_still_one() -> None:
    assert extent_of(with_picture("").body[:30_000]).media == 1


@pytest.mark.parametrize("text", ["潮汐表" * 1_000, "x " * 2_000, "deadbeef " * 400, "deadbeefdeadbeef, " * 200])
@pytest.mark.parametrize("escaped", [True, False])
def test_long_texts_are_no_pictures(text: str, escaped: bool) -> None:
    assert chat(text, escaped=escaped).extent.media == 0


def test_a_picture_of_which_only_the_address_is_said_counts_as_one() -> None:
    seen = Chat("m", False, chat("What is this?").body, vision=True)
    assert about(seen) == about(chat("What is this?")) + TOKENS_PER_MEDIUM


def test_what_a_target_counted_corrects_its_estimates() -> None:
    estimate, asked = TokenEstimate(WEIGHTS["others"]), chat("The harbour master wrote it down. " * 20)
    cold = estimate.prompt(asked)
    for _ in range(20):
        estimate.learn(Usage(2 * cold), asked, 0)
    assert estimate.prompt(asked) == pytest.approx(2 * cold, rel=0.05)
    for _ in range(40 * THEN):
        estimate.learn(Usage(cold), asked, 0)
    assert estimate.prompt(asked) == pytest.approx(cold, rel=0.05)


def test_once_a_target_is_known_few_prompts_are_looked_at() -> None:
    estimate = TokenEstimate(WEIGHTS["others"])
    asked = [chat("The harbour master wrote it down.") for _ in range(FIRST + 10 * THEN)]
    for one in asked:
        estimate.learn(Usage(20), one, 0)
    looked_at = ["extent" in vars(one) for one in asked]
    assert all(looked_at[:FIRST])
    assert sum(looked_at[FIRST:]) == 10


def test_a_long_prompt_says_more_of_how_a_target_counts_than_a_short_one() -> None:
    estimate = TokenEstimate(WEIGHTS["others"])
    long, short = chat("The harbour master wrote it down. " * 200), chat("Hi")
    exact = estimate.prompt(long)
    for _ in range(20):
        estimate.learn(Usage(exact), long, 0)
        estimate.learn(Usage(3 * estimate.prompt(short)), short, 0)
    assert estimate.prompt(long) == pytest.approx(exact, rel=0.05)


def test_pictures_teach_nothing_of_text_and_silence_teaches_nothing() -> None:
    estimate, asked = TokenEstimate(WEIGHTS["others"]), chat("The harbour master wrote it down.")
    cold = estimate.prompt(asked)
    estimate.learn(Usage(100_000), with_picture("Look"), 0)
    estimate.learn(Usage(100_000), Chat("m", False, asked.body, vision=True), 0)
    estimate.learn(Usage(), asked, 0)
    assert estimate.prompt(asked) == cold


def test_what_broke_off_used_its_prompt_and_as_much_as_was_said() -> None:
    estimate, asked = TokenEstimate(WEIGHTS["o200k"]), chat("The harbour master wrote it down.")
    assert estimate.usage(asked, 400) == Usage(estimate.prompt(asked), 100)
    assert estimate.usage(asked, 400, prefix=80) == Usage(estimate.prompt(asked) + 20, 100)
    for _ in range(60):
        estimate.learn(Usage(0, 200), asked, 400)
    assert estimate.usage(asked, 400).output_tokens == pytest.approx(200, rel=0.01)


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-5-mini", "o200k"),
        ("gpt-4o-2024-05-13", "o200k"),
        ("chatgpt-4o-latest", "o200k"),
        ("openai/gpt-4.1-nano", "o200k"),
        ("openai.gpt-oss-120b-1:0", "o200k"),
        ("o3", "o200k"),
        ("o4-mini-2025-04-16", "o200k"),
        ("gpt-4", "cl100k"),
        ("gpt-4-0613", "cl100k"),
        ("gpt-3.5-turbo", "cl100k"),
        ("gpt-35-turbo", "cl100k"),
        ("text-embedding-3-small", "cl100k"),
        ("claude-haiku-4-5", "claude"),
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude"),
        ("gemini-2.5-pro", "others"),
        ("mistral-large-latest", "others"),
        ("solo1", "others"),
        ("", "others"),
    ],
)
def test_a_models_family_is_read_from_its_name(model: str, family: str) -> None:
    assert weights_of(model) == WEIGHTS[family]
