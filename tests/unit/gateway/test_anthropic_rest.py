"""The rest of a broken message: blocks, repeated text, usage."""

import json
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.gateway.application.ports import Frame
from services.gateway.domain.continued import Said
from services.gateway.domain.dialects.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.domain.usage import Usage
from tests.unit.gateway.messages import begin, delta, end, event, start, stop, streamed
from tests.unit.gateway.world import Answer

BEGINNING = "This is how it began. "


def said(*frames: Frame, used: Usage | None = None) -> Said:
    known = Said()
    for frame in frames:
        known.note(frame.data, frame.text)
    known.broke_off(used)
    return known


def rest(known: Said, frames: Answer) -> list[tuple[dict[str, Any], str]]:
    goes_on = ANTHROPIC_MESSAGES.rest(known, "beta/small")
    pieces = [
        piece
        for frame in frames
        if isinstance(frame, Frame) and frame.data
        for piece in goes_on.pieces(frame.data, frame.text)
    ]
    return [(json.loads(data), text) for data, text in pieces]


def text_of(pieces: list[tuple[dict[str, Any], str]]) -> str:
    told = "".join(text for _, text in pieces)
    shown = "".join(piece["delta"].get("text", "") for piece, _ in pieces if piece["type"] == "content_block_delta")
    assert told == shown
    return told


def kinds(pieces: list[tuple[dict[str, Any], str]]) -> list[tuple[str, int | None]]:
    return [(piece["type"], piece.get("index")) for piece, _ in pieces]


def test_a_text_that_broke_off_is_gone_on_with_in_its_block() -> None:
    pieces = rest(said(start(), begin(), delta("One ")), streamed("two."))
    assert kinds(pieces) == [
        ("content_block_delta", 0),
        ("content_block_stop", 0),
        ("message_delta", None),
        ("message_stop", None),
    ]
    assert text_of(pieces) == "two."
    assert [piece["seawall"] for piece, _ in pieces if "seawall" in piece] == [
        {"continued": {"target": "beta/small", "at": 4}}
    ]


def test_a_text_that_is_told_with_the_beginning_of_its_block_comes_once() -> None:
    """As frames of a translated stream are: the first that an event of the vendor makes has its text."""
    told_early = [start("b"), replace(begin(), text="two"), replace(delta("two"), text=""), delta(" three."), end()]
    pieces = rest(said(start(), begin(), delta("One ")), told_early)
    assert text_of(pieces) == "two three."


def test_after_a_block_that_ended_another_begins() -> None:
    pieces = rest(said(start(), begin(3), delta("One.", 3), end(3)), streamed(" Two."))
    assert [index for _, index in kinds(pieces)] == [4, 4, 4, None, None]


def test_pings_say_nothing_of_where_an_answer_broke_off() -> None:
    pieces = rest(said(start(), begin(2), delta("One ", 2), event("ping")), streamed("two."))
    assert [index for _, index in kinds(pieces)] == [2, 2, None, None]


def test_an_answer_that_lacks_only_its_end_gets_no_more() -> None:
    pieces = rest(said(start(), begin(), delta("One."), end(), stop()), streamed("One more."))
    assert kinds(pieces) == [("message_stop", None)]


def test_thoughts_of_the_second_come_in_a_block_of_their_own_and_the_text_after_them() -> None:
    thoughts = [
        start("b"),
        begin(0, type="thinking", thinking=""),
        event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "hm"}),
        end(0),
        begin(1),
        delta("two.", 1),
        end(1),
    ]
    pieces = rest(said(start(), begin(), delta("One ")), thoughts)
    assert kinds(pieces) == [
        ("content_block_stop", 0),
        ("content_block_start", 1),
        ("content_block_delta", 1),
        ("content_block_stop", 1),
        ("content_block_start", 2),
        ("content_block_delta", 2),
        ("content_block_stop", 2),
    ]


def test_an_answer_with_nothing_to_add_still_ends_its_block() -> None:
    pieces = rest(said(start(), begin(), delta("One.")), [start("b"), stop(), event("message_stop")])
    assert kinds(pieces) == [("content_block_stop", 0), ("message_delta", None), ("message_stop", None)]


def test_the_usage_told_is_of_one_prompt_and_of_all_that_was_answered() -> None:
    known = said(start(), begin(), delta("One "), used=Usage(100, 7, 30, 0, 20))
    told = stop(output=5)
    body = json.loads(told.data)
    body["usage"] |= {"input_tokens": 1, "cache_read_input_tokens": 2, "cache_creation_input_tokens": None}
    pieces = rest(known, [Frame(json.dumps(body).encode())])
    assert pieces[-1][0]["usage"] == {
        "output_tokens": 12,
        "input_tokens": 50,
        "cache_read_input_tokens": 30,
        "cache_creation_input_tokens": None,
    }
    assert ANTHROPIC_MESSAGES.rest(known, "t").usage(Usage(130, 5)) == Usage(100, 12, 30, 0, 20)


@given(st.text(min_size=1, max_size=40), st.lists(st.integers(0, 60), max_size=4))
def test_a_target_that_says_the_beginning_again_adds_nothing_of_it(new: str, cuts: list[int]) -> None:
    again = BEGINNING + new
    places = sorted({0, len(again), *(min(cut, len(again)) for cut in cuts)})
    parts = [again[one:other] for one, other in pairwise(places)]
    known = said(start(), begin(), delta(BEGINNING))
    assert text_of(rest(known, streamed(*parts))) == new


@given(st.integers(0, len(BEGINNING) - 1))
def test_a_text_that_only_begins_like_the_answer_is_passed_on_whole(length: int) -> None:
    known = said(start(), begin(), delta(BEGINNING))
    assert text_of(rest(known, streamed(BEGINNING[:length]))) == BEGINNING[:length]
