"""What every vendor can say comes back as it went, through each pair of them."""

import itertools
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.providers.domain.conversation import (
    Conversation,
    Format,
    Media,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from services.providers.domain.losses import Unsupported
from tests.unit.providers.translation.lines import changes
from tests.unit.providers.translation.pairs import VENDORS, there_and_back

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).map(lambda text: f"{text}.")
names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
objects = st.dictionaries(st.text(max_size=4), st.integers(-9, 9) | words, max_size=3)
schemas = objects.map(lambda properties: msgspec.Raw(json.dumps({"type": "object", "x": properties}).encode()))
images = st.binary(min_size=3, max_size=9).map(
    lambda data: Media("image", "image/png", msgspec.json.encode(data)[1:-1].decode())
)
tools = st.lists(st.builds(Tool, names, words, schemas), min_size=1, max_size=3, unique_by=lambda tool: tool.name)


@st.composite
def exchanges(draw: st.DrawFn, numbers: "itertools.count[int]") -> list[Turn]:
    """The model says something, calls tools side by side, and hears them; then it answers."""
    called = [
        ToolCall(f"call{next(numbers):05}", draw(names), json.dumps(draw(objects), ensure_ascii=False))
        for _ in range(draw(st.integers(0, 3)))
    ]
    said = Turn(Role.ASSISTANT, (Text(draw(words)), *called))
    if not called:
        return [said]
    heard = Turn(Role.USER, tuple(ToolResult(call.id, (Text(draw(words)),)) for call in called))
    return [said, heard, Turn(Role.ASSISTANT, (Text(draw(words)),))]


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    """What each of the vendors has words for."""
    numbers = itertools.count()
    turns = [Turn(Role.SYSTEM, (Text(draw(words)),))] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 2))):
        turns += [Turn(Role.USER, (Text(draw(words)),)), *draw(exchanges(numbers))]
    turns.append(Turn(Role.USER, (Text(draw(words)), *draw(st.lists(images, max_size=2)))))
    return Conversation(
        tuple(turns),
        tuple(draw(tools)),
        draw(st.sampled_from([None, ToolChoice("required")])),
        format=draw(st.none() | st.builds(Format, schemas)),
        max_tokens=draw(st.integers(1, 10**6)),
        temperature=draw(st.none() | st.floats(0, 1)),
        stop=tuple(draw(st.lists(words, max_size=2))),
    )


@pytest.mark.parametrize(("there", "back"), tuple(itertools.permutations(VENDORS, 2)))
@settings(max_examples=10, deadline=None)
@given(conversation=conversations())
def test_what_both_can_say_comes_back_as_it_went(conversation: Conversation, there: str, back: str) -> None:
    first = there_and_back(conversation, there, Unsupported.ERROR)
    assert first.back is not None, f"{there} refuses {first.refused}"
    second = there_and_back(first.back, back, Unsupported.ERROR)
    assert second.back is not None, f"{back} refuses {second.refused}"
    assert changes(conversation, _unnamed(second.back)) == ()


def _unnamed(conversation: Conversation) -> Conversation:
    """Without its schema's name, which some vendors demand and others have no word for."""
    if conversation.format is None:
        return conversation
    return msgspec.structs.replace(conversation, format=msgspec.structs.replace(conversation.format, name=""))
