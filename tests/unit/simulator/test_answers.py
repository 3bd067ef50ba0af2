"""What simulated vendors say and how they count it."""

from simulator.answers import Answer, compose, count_prompt_tokens


def answer(asked: str, length: int, limit: int | None = None) -> Answer:
    return compose("alpha", "gpt", asked, length=length, limit=limit, prompt_tokens=7)


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
