"""Conversations that OpenAI can say whole, and events of replies that it can stream."""

import base64
import functools
from typing import Any, Literal

import msgspec
from hypothesis import strategies as st

from services.providers.domain.answer import Usage
from services.providers.domain.conversation import (
    Citation,
    Conversation,
    Format,
    Media,
    Part,
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
from services.providers.domain.reply import (
    CONTENT_FILTER,
    LENGTH,
    STOP,
    TOOL_CALLS,
    ArgumentsAdded,
    Began,
    CitationAdded,
    Event,
    Finish,
    Finished,
    MediaAdded,
    ReasoningAdded,
    RefusalAdded,
    TextAdded,
    ToolCallBegan,
    UsageTold,
)

words = st.text(min_size=1, max_size=5)
names = st.text("abyz_-AZ09", min_size=1, max_size=6)
encoded = st.binary(min_size=1, max_size=4).map(lambda data: base64.b64encode(data).decode())
schemas = st.dictionaries(words, st.none() | st.integers() | words | st.lists(words, max_size=2), max_size=3).map(
    lambda schema: msgspec.Raw(msgspec.json.encode(schema))
)
some = st.floats(0, 2)
count = st.integers(0, 10**9)

texts = words.map(Text)
images = st.builds(
    Media, kind=st.just("image"), media_type=st.sampled_from(["image/png", "image/webp"]), data=encoded
) | st.builds(
    Media, kind=st.just("image"), url=names.map("https://images/{}".format), detail=st.sampled_from(["", "low", "high"])
)
sounds = st.builds(Media, kind=st.just("audio"), media_type=st.sampled_from(["audio/wav", "audio/mpeg"]), data=encoded)
documents = st.builds(
    Media, kind=st.just("document"), media_type=st.just("application/pdf"), data=encoded, name=names
) | st.builds(Media, kind=st.just("document"), file_id=names, name=st.just("") | names)
calls = st.builds(ToolCall, id=names, name=names, arguments=st.just("{}") | words)
results = st.builds(ToolResult, id=names, parts=st.lists(texts, max_size=2).map(tuple))


def _parts(of: st.SearchStrategy[Any], *, least: int = 0) -> st.SearchStrategy[tuple[Part, ...]]:
    return st.lists(of, min_size=least, max_size=3).map(tuple)


said = st.builds(Turn, st.sampled_from([Role.SYSTEM, Role.DEVELOPER]), _parts(texts), st.just("") | names)
asked = st.builds(Turn, st.just(Role.USER), _parts(texts | images | sounds | documents), st.just("") | names)
answered = st.builds(
    Turn,
    st.just(Role.ASSISTANT),
    st.tuples(_parts(texts | words.map(Refusal)), _parts(calls)).map(lambda both: both[0] + both[1]),
    st.just("") | names,
)
told = st.builds(Turn, st.just(Role.USER), _parts(results, least=1))


def _apart(turns: list[Turn]) -> tuple[Turn, ...]:
    """What tools answered one after the other is one turn."""
    kept: list[Turn] = []
    for turn in turns:
        both = [turn, *kept[-1:]]
        if len(both) == 1 or not all(any(isinstance(part, ToolResult) for part in one.parts) for one in both):
            kept.append(turn)
    return tuple(kept)


def _choice(mode: Literal["auto", "none", "required"] | None, name: str) -> ToolChoice:
    return ToolChoice(mode) if mode is not None else ToolChoice("tool", name)


conversations = st.builds(
    Conversation,
    turns=st.lists(said | asked | answered | told, min_size=1, max_size=6).map(_apart),
    tools=st.lists(
        st.builds(
            Tool,
            name=names,
            description=st.just("") | words,
            parameters=st.just(msgspec.Raw()) | schemas,
            strict=st.none() | st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    tool_choice=st.none() | st.builds(_choice, st.sampled_from(["auto", "none", "required", None]), names),
    parallel_tools=st.none() | st.booleans(),
    format=st.none()
    | st.just(Format())
    | st.builds(Format, schemas, names, st.just("") | words, st.none() | st.booleans()),
    thinking=st.none()
    | st.just(Thinking(off=True))
    | st.sampled_from(["minimal", "low", "medium", "high", "xhigh"]).map(Thinking),
    max_tokens=st.none() | count,
    temperature=st.none() | some,
    top_p=st.none() | some,
    stop=st.lists(words, max_size=4).map(tuple),
    seed=st.none() | st.integers(-(2**63), 2**63 - 1),
    frequency_penalty=st.none() | some,
    presence_penalty=st.none() | some,
    choices=st.integers(1, 4),
    logprobs=st.booleans(),
    top_logprobs=st.none() | st.integers(0, 20),
    user=st.just("") | words,
)

_logprobs = st.just(msgspec.Raw()) | st.just(msgspec.Raw(b'{"content":[],"refusal":null}'))
_web = st.builds(Citation, st.just("") | words, words, names.map("https://{}".format), start=count, end=count)
_other = st.builds(Citation, words, st.just("") | words, document=count, start=count, end=count)
_usages = st.builds(Usage, count, count, count, count, count)


@functools.cache
def _simple(choice: int) -> st.SearchStrategy[Event]:
    """What may come at any time."""
    of = st.just(choice)
    return st.one_of(
        st.builds(TextAdded, words, of, _logprobs),
        st.builds(RefusalAdded, words, of),
        st.builds(ReasoningAdded, text=words, choice=of),
        st.builds(ReasoningAdded, signature=words, choice=of),
        st.builds(ReasoningAdded, redacted=words, choice=of),
        st.builds(CitationAdded, _web | _other, of),
        st.builds(MediaAdded, images, of),
    )


@st.composite
def _choices_events(draw: st.DrawFn, choice: int) -> list[Event]:
    """What one choice is made of."""
    begun = 0
    events: list[Event] = []
    for kind in draw(st.lists(st.sampled_from(["call", "arguments", "other", "other"]), max_size=6)):
        if kind == "call":
            events.append(ToolCallBegan(begun, f"id{choice}-{begun}", draw(names), choice, draw(st.just("") | words)))
            begun += 1
        elif kind == "arguments" and begun:
            events.append(ArgumentsAdded(draw(st.integers(0, begun - 1)), draw(words), choice))
        else:
            events.append(draw(_simple(choice)))
    reason = draw(st.sampled_from([STOP, LENGTH, TOOL_CALLS, CONTENT_FILTER]))
    said_word = draw(st.sampled_from(["", "refusal", "pause_turn"]))
    finish = Finish(TOOL_CALLS if begun and reason == STOP else reason, draw(st.just("") | words), said_word)
    return [*events, Finished(finish, choice)]


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """All events of a streamed reply, those of its choices mixed."""
    waiting = [draw(_choices_events(choice)) for choice in range(draw(st.integers(1, 3)))]
    events: list[Event] = [Began(draw(names), draw(names), created=draw(st.integers(1, 2**32)))]
    while waiting:
        one = draw(st.sampled_from(waiting))
        events.append(one.pop(0))
        waiting = [left for left in waiting if left]
    return [*events, UsageTold(draw(_usages))]
