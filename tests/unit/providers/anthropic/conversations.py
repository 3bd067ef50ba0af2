"""Conversations and replies of any kind that Anthropic's API can say, for properties that hold for all of them."""

import json
from base64 import b64encode

import msgspec
from hypothesis import strategies as st

from services.providers.domain.conversation import (
    Citation,
    Conversation,
    Format,
    Media,
    Reasoning,
    Refusal,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)

MODEL = "claude-opus-4-6"
"""It takes the most of what there is: sampling, budgets, adaptive thinking and efforts."""

words = st.text(min_size=1).map(lambda text: f"{text}.")
ids = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)
caches = st.sampled_from(["", "5m", "1h"])
objects = st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4), max_size=3).map(json.dumps)
raws = objects.map(lambda text: msgspec.Raw(text.encode()))
texts = st.builds(Text, words, caches)
encoded = st.binary(max_size=12).map(lambda data: b64encode(data).decode())
indexes = st.integers(0, 1000)

own_citations = st.builds(
    Citation,
    st.text(),
    st.text(),
    document=indexes,
    start=indexes,
    end=indexes,
    counted_in=st.sampled_from(["characters", "pages", "blocks"]),
)
found_citations = st.builds(
    Citation, st.text(), st.text(), words, indexes, indexes, indexes, counted_in=st.just("blocks")
)
web_citations = st.builds(Citation, st.text(), st.text(), words)
repeatable = st.lists(own_citations | found_citations, max_size=2).map(tuple)
citations = own_citations | found_citations | web_citations

images = st.one_of(
    st.builds(Media, st.just("image"), st.just("image/png"), data=encoded.filter(bool), cache=caches),
    st.builds(Media, st.just("image"), url=words, cache=caches),
    st.builds(Media, st.just("image"), file_id=ids.map("file_{}".format), cache=caches),
)
named = {"name": st.text(), "cited": st.booleans(), "cache": caches, "context": st.text()}
documents = st.one_of(
    st.builds(Media, st.just("document"), st.just("application/pdf"), encoded.filter(bool), **named),
    st.builds(
        Media,
        st.just("document"),
        st.just("text/plain"),
        words.map(lambda text: b64encode(text.encode()).decode()),
        **named,
    ),
    st.builds(Media, st.just("document"), url=words, **named),
    st.builds(Media, st.just("document"), file_id=ids.map("file_{}".format), **named),
)
calls = st.builds(ToolCall, ids, ids, objects, caches)
results = st.builds(ToolResult, ids, st.lists(texts | images | documents, max_size=2).map(tuple), st.booleans(), caches)
thoughts = st.builds(Reasoning, st.text(), words) | st.builds(Reasoning, redacted=words)

user_turns = st.builds(
    lambda results, others: Turn(Role.USER, (*results, *others)),
    st.lists(results, max_size=2),
    st.lists(texts | images | documents, min_size=1, max_size=3),
)
assistant_turns = st.builds(
    lambda parts: Turn(Role.ASSISTANT, tuple(parts)),
    st.lists(st.builds(Text, words, caches, repeatable) | calls | thoughts, min_size=1, max_size=4),
)
system_turns = st.builds(lambda parts: Turn(Role.SYSTEM, tuple(parts)), st.lists(texts, min_size=1, max_size=2))
turns = st.builds(
    lambda system, pairs, last: (*system, *(turn for pair in pairs for turn in pair), last),
    st.lists(system_turns, max_size=1),
    st.lists(st.tuples(user_turns, assistant_turns), max_size=2),
    user_turns,
)
tools = st.builds(Tool, ids, st.text(), raws, st.none() | st.booleans(), caches)
chosen = st.sampled_from(
    [None, ToolChoice("auto"), ToolChoice("none"), ToolChoice("required"), ToolChoice("tool", "f")]
)


def _possible(conversation: Conversation) -> Conversation:
    """Without what no request of Anthropic's says: a choice among no tools, sampling beside thinking."""
    changed: dict[str, object] = {}
    if not conversation.tools:
        changed |= {"tool_choice": None, "parallel_tools": None}
    elif conversation.tool_choice is None or conversation.tool_choice.mode == "none":
        changed |= {"parallel_tools": None}
    if conversation.thinking is not None and not conversation.thinking.off:
        changed |= {"temperature": None, "top_p": None, "top_k": None}
        if conversation.tool_choice is not None and conversation.tool_choice.mode in {"required", "tool"}:
            changed |= {"thinking": None}
    elif conversation.temperature is not None:
        changed |= {"top_p": None}
    return msgspec.structs.replace(conversation, **changed)


conversations = st.builds(
    Conversation,
    turns,
    st.lists(tools, max_size=2).map(tuple),
    chosen,
    st.sampled_from([None, False]),
    st.none() | st.builds(Format, raws),
    st.sampled_from([None, Thinking(off=True), Thinking(), Thinking("low"), Thinking("max"), Thinking("high", 2_000)]),
    st.integers(1, 10**6),
    st.none() | st.floats(0, 1),
    st.none() | st.floats(0, 1),
    st.none() | st.integers(1, 100),
    st.lists(words, max_size=2).map(tuple),
    user=st.text(),
).map(_possible)
"""Those that Anthropic has words for, in the form that reading its requests gives them."""

reply_parts = st.lists(
    st.builds(Text, st.text(min_size=1), citations=st.lists(citations, max_size=2).map(tuple))
    | st.builds(ToolCall, ids, ids, objects)
    | thoughts,
    max_size=5,
).map(tuple)
refusals = st.builds(Refusal, words)
