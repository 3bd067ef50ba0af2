"""Whatever JSON is sent to a vendor of Bedrock's or Cohere's dialect is answered, whole and streamed, or refused."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from simulator.answers import Answer, compose
from simulator.dialects.bedrock import render as bedrock
from simulator.dialects.bedrock.check import check as check_converse
from simulator.dialects.bedrock.request import ConverseRequest
from simulator.dialects.bedrock.wire import Body
from simulator.dialects.bedrock.wire import decode as decode_converse
from simulator.dialects.cohere import render as cohere
from simulator.dialects.cohere.check import check as check_chat
from simulator.dialects.cohere.request import ChatRequest
from simulator.dialects.cohere.request import decode as decode_chat
from simulator.dialects.prompt_cache import PromptCache
from simulator.dialects.rejected import RejectedError

WORDS = ["", "user", "assistant", "tool", "text", "a", "QQ==", "png", "txt", "default", "json_object", "function", "{}"]
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from([*WORDS, "object"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "text", "url", "json"]), inner, max_size=2)
    ),
    max_leaves=4,
)

SIMPLE: dict[type[inspect.Type], st.SearchStrategy[Any]] = {
    inspect.StrType: st.sampled_from(WORDS),
    inspect.IntType: st.integers(-1, 3),
    inspect.FloatType: st.integers(-1, 3),
    inspect.BoolType: st.booleans(),
    inspect.DictType: st.just({}) | st.fixed_dictionaries({"json": st.just({"type": "object"})}),
}


def values(kind: inspect.Type, depth: int) -> st.SearchStrategy[Any]:
    """What a field may have, and now and then anything else."""
    return st.integers(0, 29).flatmap(lambda drawn: ANYTHING if drawn == 0 else _right(kind, depth))


def _right(kind: inspect.Type, depth: int) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.UnionType(types=types):
            return st.one_of([_right(each, depth) for each in types if not isinstance(each, inspect.NoneType)])
        case inspect.StructType():
            return structs(kind, depth - 1) if depth else st.just({})
        case inspect.ListType(item_type=item):
            return st.lists(values(item, depth), min_size=1, max_size=3)
        case _:
            return SIMPLE.get(type(kind), ANYTHING)


def structs(kind: inspect.StructType, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    fields = {field.encode_name: field.type for field in kind.fields}
    return st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: values(fields[name], depth) for name in names})
    )


def requests(body: type[msgspec.Struct]) -> st.SearchStrategy[dict[str, Any]]:
    kind = inspect.type_info(body)
    assert isinstance(kind, inspect.StructType)
    return structs(kind, 5)


def answers_to(request: ConverseRequest | ChatRequest) -> list[Answer]:
    return [compose("v", "m", request.question(wanted), length=4) for wanted in ("text", "tool_call", "tool_calls")]


def converse(sent: dict[str, Any]) -> RejectedError | None:
    """Why a request to Converse is refused; None where it is answered."""
    try:
        request = ConverseRequest("m", streams=False, body=decode_converse(msgspec.json.encode(sent)))
        check_converse(request)
    except RejectedError as rejected:
        return rejected
    for answer in answers_to(request):
        billed = PromptCache().bill(request.marked_places(), answer.prompt_tokens, 0.0)
        assert billed.fresh + billed.written == answer.prompt_tokens
        heading = bedrock.Heading(b"0", billed, tells_stop=request.tells_stop)
        msgspec.json.decode(bedrock.message(answer, heading).pieces[0])
        assert bedrock.events(answer, heading, tokens_per_chunk=1).tokens[-1] == len(answer.tokens)
    return None


def chat(sent: dict[str, Any]) -> RejectedError | None:
    """Why a request for a chat is refused; None where it is answered."""
    try:
        request = decode_chat(msgspec.json.encode(sent))
        check_chat(request)
    except RejectedError as rejected:
        return rejected
    for answer in answers_to(request):
        PromptCache().bill(request.cached_places(), answer.prompt_tokens, 0.0)
        heading = cohere.Heading("0", 0, request.sources)
        msgspec.json.decode(cohere.message(answer, heading).pieces[0])
        assert cohere.events(answer, heading, tokens_per_chunk=1).tokens[-1] == len(answer.tokens)
    return None


def is_told(refused: RejectedError | None) -> bool:
    return refused is None or (refused.status == 400 and bool(refused.message))


@given(sent=requests(Body))
def test_whatever_is_sent_to_converse_is_answered_or_refused(sent: dict[str, Any]) -> None:
    assert is_told(converse(sent))


@given(sent=requests(Body))
def test_whatever_is_asked_of_an_answer_of_converse_it_is_given_or_refused(sent: dict[str, Any]) -> None:
    assert is_told(converse({**sent, "messages": [{"role": "user", "content": [{"text": "one two"}]}]}))


@given(sent=requests(ChatRequest))
def test_whatever_is_sent_to_a_chat_is_answered_or_refused(sent: dict[str, Any]) -> None:
    assert is_told(chat(sent))


@given(sent=requests(ChatRequest))
def test_whatever_is_asked_of_an_answer_of_a_chat_it_is_given_or_refused(sent: dict[str, Any]) -> None:
    assert is_told(chat({**sent, "messages": [{"role": "user", "content": "one two"}]}))
