"""Whatever a vendor streams, its events make one response: numbered, each item begun and ended once, nothing lost."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.providers.domain.answer import Usage
from services.providers.domain.conversation import Citation
from services.providers.domain.reply import (
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finish,
    Finished,
    ReasoningAdded,
    RefusalAdded,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)
from tests.unit.providers.responses.world import streamed

TEXTS = st.text(min_size=1, max_size=5)
SAID = st.one_of(
    st.builds(TextAdded, TEXTS),
    st.builds(RefusalAdded, TEXTS),
    st.builds(ReasoningAdded, TEXTS),
    st.builds(ReasoningAdded, signature=TEXTS),
    st.builds(ReasoningAdded, redacted=TEXTS),
    st.just(CitationAdded(Citation(url="https://a.example/"))),
    st.just(UsageTold(Usage(1, 1))),
)


@st.composite
def replies(draw: st.DrawFn) -> list[Event]:
    """Events in an order in which a vendor may send them: calls interleaved, and with what else is said."""
    events: list[Event] = draw(st.lists(SAID, max_size=12))
    calls = draw(st.integers(0, 3))
    signatures = st.sampled_from(["", "s"])
    events += [ToolCallBegan(number, f"c{number}", "look", signature=draw(signatures)) for number in range(calls)]
    if calls:
        more = st.one_of(st.builds(ArgumentsAdded, st.integers(0, calls - 1), TEXTS), SAID)
        events += draw(st.lists(more, max_size=8))
    return events


def joined(events: list[dict[str, Any]], kind: str, *places: str) -> dict[tuple[Any, ...], str]:
    """What the deltas of a kind add up to, by where they are."""
    texts: dict[tuple[Any, ...], str] = {}
    for event in events:
        if event["type"] == f"response.{kind}.delta":
            place = tuple(event[name] for name in places)
            texts[place] = texts.get(place, "") + event["delta"]
    return texts


@given(replies(), st.sampled_from(["stop", "length", "content_filter", "tool_calls"]))
def test_any_stream_is_one_response(said: list[Event], finish: str) -> None:
    events = streamed(Began("", "m"), *said, Finished(Finish(finish)))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    output = events[-1]["response"]["output"]
    for kind in ("added", "done"):
        told = Counter(event["output_index"] for event in events if event["type"] == f"response.output_item.{kind}")
        assert told == Counter(range(len(output)))
    done = {event["output_index"]: event["item"] for event in events if event["type"] == "response.output_item.done"}
    assert [done[index] for index in range(len(output))] == output
    assert len({item["id"] for item in output}) == len(output)
    for (index, part), text in joined(events, "output_text", "output_index", "content_index").items():
        assert output[index]["content"][part]["text"] == text
    for (index,), text in joined(events, "function_call_arguments", "output_index").items():
        assert output[index]["arguments"] == text
    for (index,), text in joined(events, "reasoning_summary_text", "output_index").items():
        assert output[index]["summary"][0]["text"] == text
    texts = "".join(event.text for event in said if isinstance(event, TextAdded))
    assert texts == "".join(joined(events, "output_text", "output_index", "content_index").values())
    proofs = "".join(item.get("encrypted_content", "").split(":", 2)[-1] for item in output)
    signed = (event for event in said if isinstance(event, ReasoningAdded | ToolCallBegan))
    assert proofs == "".join(event.signature or getattr(event, "redacted", "") for event in signed)
    calls = {item["call_id"]: item["arguments"] for item in output if item["type"] == "function_call"}
    for call_id, arguments in calls.items():
        added = (event for event in said if isinstance(event, ArgumentsAdded))
        assert arguments == "".join(event.text for event in added if call_id == f"c{event.call}")
