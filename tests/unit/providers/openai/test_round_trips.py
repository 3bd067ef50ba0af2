"""What OpenAI can say is the same when it was written and read again."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.providers.domain.conversation import Conversation, Part, Reasoning, Refusal, Text, ToolCall
from services.providers.domain.losses import Losses, Unsupported
from services.providers.domain.reply import Choice, Event, Finish, Reply
from tests.unit.providers.openai.conversations import calls, conversations, names, streams, words
from tests.unit.providers.openai.world import grammar


@given(conversations, st.booleans())
def test_a_conversation_within_openais_means_is_written_and_read_without_a_loss(
    conversation: Conversation, stream: bool
) -> None:
    losses = Losses("acme/up", Unsupported.ERROR)
    request = grammar().write_request(conversation, "up", stream=stream, prefix="", losses=losses)
    assert grammar().read_request(request.body) == msgspec.structs.replace(conversation, usage_wanted=stream)
    assert (request.choices, losses.dropped) == (conversation.choices, [])


@given(streams())
def test_a_streamed_reply_is_written_and_read_as_the_same_events(events: list[Event]) -> None:
    writer = grammar().writer(Conversation(()))
    chunks = [chunk for event in events for chunk in writer.write(event)]
    chunks += writer.end()
    reader = grammar().reader()
    assert [event for chunk in chunks for event in reader.read(chunk)] == events


thoughts = st.builds(Reasoning, words, words) | st.builds(Reasoning, redacted=words)
whole = st.tuples(
    st.lists(thoughts, max_size=3) | words.map(lambda text: [Reasoning(text)]),
    st.lists(words.map(Text), max_size=1),
    st.lists(words.map(Refusal), max_size=1),
    st.lists(calls, min_size=1, max_size=3),
).map(lambda lists: tuple(part for parts in lists for part in parts))


@given(st.lists(whole, min_size=1, max_size=3), names)
def test_a_whole_reply_is_written_and_read_as_the_same(replies: list[tuple[Part, ...]], name: str) -> None:
    finish = Finish("tool_calls")
    reply = Reply(name, name, tuple(Choice(parts, finish) for parts in replies), created=7)
    assert all(isinstance(parts[-1], ToolCall) for parts in replies)
    assert grammar().read_answer(grammar().write_answer(reply)) == reply
