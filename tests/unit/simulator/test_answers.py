"""What simulated vendors say and how they count it."""

import json
from typing import Any

import pytest

from simulator.answers import Answer, Prefill, Question, compose, count_prompt_tokens
from simulator.functions import Function


def answer(asked: str, length: int, limit: int | None = None) -> Answer:
    return compose("alpha", "gpt", Question(asked, 7, limit=limit), length=length)


def test_an_answer_names_its_vendor_and_model_in_its_first_token() -> None:
    assert answer("anything", 1).text == "alpha/gpt"


def test_an_answer_repeats_the_prompt_and_marks_each_further_turn() -> None:
    assert answer("one two", 7).text == "alpha/gpt heard: one two one-2 two-2 one-3"


def test_no_two_tokens_of_an_answer_to_different_words_are_equal() -> None:
    tokens = answer("a b c d", 500).tokens
    assert len(tokens) == 500
    assert len(set(tokens)) == 500


def test_an_answer_to_nothing_still_has_its_length() -> None:
    assert len(answer("  ", 5).tokens) == 5


def test_a_limit_under_the_length_cuts_the_answer_and_says_so() -> None:
    cut = answer("one two three", 10, limit=3)
    assert (cut.text, cut.finish_reason) == ("alpha/gpt heard: one", "length")


def test_a_limit_at_the_length_is_no_cut() -> None:
    assert answer("one two three", 4, limit=4).finish_reason == "stop"


def test_prompt_tokens_are_3_plus_3_a_message_plus_one_for_each_started_4_characters() -> None:
    assert count_prompt_tokens([]) == 3
    assert count_prompt_tokens(["", "a", "abcd", "abcde"]) == 3 + 4 * 3 + 0 + 1 + 1 + 2


def continued(prefix: str, length: int = 6, *, prefill: Prefill = "continues", **question: Any) -> Answer:
    return compose("beta", "other", Question("one two", 7, prefix, **question), length=length, prefill=prefill)


@pytest.mark.parametrize("words", range(1, 8))
def test_another_vendor_ends_an_answer_as_the_first_would_have(words: int) -> None:
    whole = answer("one two", 7)
    begun = "".join(whole.tokens[:words])
    rest = continued(begun, 7)
    assert begun + rest.text == whole.text
    assert (len(rest.tokens), rest.finish_reason) == (7 - words, "stop")


def test_a_word_that_was_begun_is_completed_and_counts_as_a_token() -> None:
    assert continued("alpha/gpt heard: one tw").tokens == ("o", " one-2", " two-2")


def test_no_second_space_follows_a_beginning_that_ends_in_one() -> None:
    assert continued("alpha/gpt heard: ", 4).text == "one two"


def test_a_vendor_may_repeat_the_beginning_and_counts_it_again() -> None:
    again = continued("alpha/gpt heard: one", prefill="repeats")
    assert (again.text, len(again.tokens)) == ("alpha/gpt heard: one two one-2 two-2", 6)


def test_a_vendor_may_ignore_the_beginning() -> None:
    assert continued("alpha/gpt heard: one", prefill="ignores").text == "beta/other heard: one two one-2 two-2"


def test_a_limit_counts_what_is_said_and_not_the_beginning() -> None:
    cut = continued("alpha/gpt heard: one", limit=2)
    assert (cut.text, cut.finish_reason) == (" two one-2", "length")
    assert continued("alpha/gpt heard: one", limit=3).finish_reason == "stop"
    again = continued("alpha/gpt heard: one", limit=4, prefill="repeats")
    assert (again.text, again.finish_reason) == ("alpha/gpt heard: one two", "length")


def test_nothing_follows_a_beginning_that_is_the_whole() -> None:
    assert continued("alpha/gpt heard: one two one-2 two-2").tokens == ()
    assert continued("alpha/gpt heard: one two one-2 two-2 and more").tokens == ()


def test_an_answer_in_json_is_json_unless_it_is_cut() -> None:
    asked = 'say "x" \\ ü'
    whole = compose("alpha", "gpt", Question(asked, in_json=True), length=9)
    assert json.loads(whole.text) == {"answer": answer(asked, 9).text}
    assert len(whole.tokens) == 9
    assert not compose("alpha", "gpt", Question(asked, in_json=True, limit=3), length=9).text.endswith("}")


def test_an_answer_in_json_is_continued_like_any_other() -> None:
    whole = compose("alpha", "gpt", Question("one two", in_json=True), length=6)
    begun = "".join(whole.tokens[:3])
    assert begun + continued(begun, in_json=True).text == whole.text


def test_a_call_of_a_function_has_json_for_arguments() -> None:
    call = compose("alpha", "gpt", Question("one", functions=(Function("look"),)), length=3)
    assert (call.blocks[0].function, call.finish_reason, json.loads(call.text)) == (
        "look",
        "tool_calls",
        {"answer": "alpha/gpt heard: one"},
    )


@pytest.mark.parametrize(
    ("stop", "text", "ended"),
    [
        (("three", "two"), "alpha/gpt heard: one ", "two"),
        (("nowhere",), "alpha/gpt heard: one two three", ""),
        (("alpha",), "", "alpha"),
        (("t heard: o",), "alpha/gp", "t heard: o"),
        (("",), "alpha/gpt heard: one two three", ""),
    ],
)
def test_the_first_stop_sequence_in_the_text_ends_it_even_across_tokens(
    stop: tuple[str, ...], text: str, ended: str
) -> None:
    stopped = compose("alpha", "gpt", Question("one two three", stop=stop), length=5)
    assert (stopped.text, stopped.stop_sequence, stopped.finish_reason) == (text, ended, "stop")


def test_a_limit_before_a_stop_sequence_is_what_ends_the_answer() -> None:
    cut = compose("alpha", "gpt", Question("one two three", stop=("three",), limit=3), length=5)
    assert (cut.text, cut.stop_sequence, cut.finish_reason) == ("alpha/gpt heard: one", "", "length")


def test_a_thought_is_a_part_of_the_answer_and_of_its_limit() -> None:
    whole = compose("alpha", "gpt", Question("one two", thinks=True), length=4)
    assert [(block.kind, block.text) for block in whole.blocks] == [
        ("thought", "Asked: one two"),
        ("text", "alpha/gpt heard: one two"),
    ]
    assert (whole.text, len(whole.tokens)) == ("alpha/gpt heard: one two", 7)
    cut = compose("alpha", "gpt", Question("one two", thinks=True, limit=5), length=4)
    assert (cut.text, len(cut.tokens), cut.finish_reason) == ("alpha/gpt heard:", 5, "length")
    nothing = compose("alpha", "gpt", Question("one two", thinks=True, limit=2), length=4)
    assert (nothing.text, [block.kind for block in nothing.blocks], nothing.finish_reason) == (
        "",
        ["thought"],
        "length",
    )


def test_choices_are_told_apart_by_their_first_token() -> None:
    second = compose("alpha", "gpt", Question("one"), length=3, choice=1)
    assert second.text == "alpha/gpt#2 heard: one"
