"""Lists that a streamed answer adds to are put together by OpenAI's SDK, which asks for the place of each entry."""

from typing import Any

from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

from services.providers.domain.conversation import Citation, Media
from services.providers.domain.reply import (
    Began,
    CitationAdded,
    Event,
    Finish,
    Finished,
    MediaAdded,
    ReasoningAdded,
    TextAdded,
)
from tests.unit.providers.openai.world import asked, grammar


def message(*events: Event) -> dict[str, Any]:
    writer, state = grammar().writer(asked()), ChatCompletionStreamState[None]()
    for event in (Began("r", "m"), *events, Finished(Finish("stop"))):
        for data in writer.write(event):
            state.handle_chunk(ChatCompletionChunk.model_validate_json(data))
    return state.current_completion_snapshot.choices[0].message.to_dict()


def test_citations_one_after_the_other_are_all_there() -> None:
    found = [Citation("q", "t", f"https://example.com/{number}") for number in range(3)]
    events = [event for one in found for event in (TextAdded("x"), CitationAdded(one))]
    annotations: Any = message(*events)["annotations"]
    assert [one["url_citation"]["url"] for one in annotations] == [one.url for one in found]


def test_so_are_those_of_documents_thoughts_and_images() -> None:
    events = [
        event
        for number in range(3)
        for event in (
            TextAdded("x"),
            CitationAdded(Citation(f"q{number}", document=number, start=0, end=1)),
            ReasoningAdded(signature=f"s{number}"),
            MediaAdded(Media("image", "image/png", "AAAA")),
        )
    ]
    said: Any = message(*events)
    assert [one["quote"] for one in said["citations"]] == ["q0", "q1", "q2"]
    assert [one["signature"] for one in said["thinking_blocks"]] == ["s0", "s1", "s2"]
    assert len(said["images"]) == 3
