"""Whatever JSON is sent to a vendor of Gemini's dialect, it is a request or refused, and a field has two spellings."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.answers import compose
from simulator.dialects.gemini.check import check
from simulator.dialects.gemini.fields import ENUMS, MESSAGES
from simulator.dialects.gemini.payload import read_payload, snake
from simulator.dialects.gemini.request import GenerateRequest
from simulator.dialects.gemini.surface import VERTEX
from simulator.dialects.rejected import RejectedError

MESSAGE = "GenerateContentRequest"
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["", "model", "user", "application/json", "image/png", "f", "text"]),
    "bytes": st.sampled_from(["", "QQ==", "-_8", "skip_thought_signature_validator"]),
    "bool": st.booleans(),
    "number": st.one_of(st.integers(-1, 3), st.floats(0, 2)),
    "int32": st.one_of(st.integers(-1, 10), st.sampled_from(["5", 7.0])),
    "int64": st.integers(0, 5),
    "object": st.dictionaries(st.sampled_from(["output", "error", "a"]), st.text(max_size=3), max_size=2),
    "any": st.none() | st.fixed_dictionaries({"type": st.just("object")}),
}
NOISE: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.integers(), st.text(max_size=2), st.lists(st.none(), max_size=1), st.just({})
)


def values(kind: str, depth: int) -> st.SearchStrategy[Any]:
    """Mostly what a field may have, now and then something else."""
    if kind.endswith("[]"):
        some: st.SearchStrategy[Any] = st.lists(values(kind[:-2], depth), max_size=2)
    elif kind.endswith("{}"):
        some = st.dictionaries(st.sampled_from(["a", "b"]), values(kind[:-2], depth), max_size=2)
    elif kind in ENUMS:
        some = st.sampled_from(sorted(ENUMS[kind]))
    elif kind in MESSAGES:
        some = messages(kind, depth - 1) if depth else st.just({})
    else:
        some = SCALARS[kind]
    return st.integers(0, 39).flatmap(lambda drawn: NOISE if drawn == 0 else some)


def messages(name: str, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    fields = MESSAGES[name]
    return st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({each: values(fields[each], depth) for each in names})
    )


def refusal(sent: dict[str, Any]) -> RejectedError | None:
    """Why a request is refused; None where it is answered, whether in words or by calls."""
    try:
        request = msgspec.convert(read_payload(msgspec.json.encode(sent), MESSAGE), GenerateRequest)
        request.model = "gemini-3-flash"
        check(request, VERTEX)
    except RejectedError as rejected:
        return rejected
    answers = [compose("gem", "m", request.question(answers), length=3) for answers in ("text", "tool_calls")]
    assert all(answer.blocks for answer in answers)
    return None


@given(sent=messages(MESSAGE, 5))
def test_whatever_is_sent_is_answered_or_refused(sent: dict[str, Any]) -> None:
    refused = refusal(sent)
    assert refused is None or (refused.status == 400 and refused.message)


@given(sent=messages(MESSAGE, 5))
def test_whatever_is_asked_of_an_answer_it_is_given_or_refused(sent: dict[str, Any]) -> None:
    refused = refusal({**sent, "contents": [{"role": "user", "parts": [{"text": "one two"}]}]})
    assert refused is None or (refused.status == 400 and refused.message)


@given(sent=messages("GenerationConfig", 3))
def test_a_field_may_be_spelled_as_protobuf_has_it(sent: dict[str, Any]) -> None:
    def read(config: dict[str, Any]) -> object:
        try:
            return read_payload(msgspec.json.encode({"generationConfig": config}), MESSAGE)
        except RejectedError as rejected:
            return rejected.message

    assert read(sent) == read({snake(name): value for name, value in sent.items()})


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, "2147483648", "0x5", "", [], True, 1e300])
def test_a_number_that_does_not_fit_is_refused(number: object) -> None:
    with pytest.raises(RejectedError, match="TYPE_INT32") as caught:
        read_payload(msgspec.json.encode({"generationConfig": {"seed": number}}), MESSAGE)
    assert caught.value.param == "generation_config.seed"


def test_every_kind_of_field_is_known() -> None:
    known = {*MESSAGES, *ENUMS, *SCALARS}
    assert {
        kind.removesuffix("[]").removesuffix("{}") for fields in MESSAGES.values() for kind in fields.values()
    } <= known
