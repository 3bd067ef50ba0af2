"""The older completions of a text: what is asked, whole answers, and streams."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.errors import Failure, Reason
from services.providers.adapters.openai.completions import CompletionsDialect
from services.providers.adapters.openai.dialect import OpenAIDialect
from services.providers.application.ports import VendorRequest
from services.providers.domain.answer import Frame, Usage
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from tests.unit.providers.reading import ANY

DIALECT = CompletionsDialect(OpenAIDialect(max_event=10_000), max_event=10_000)


def asked(prefix: str = "", *, stream: bool = False, **fields: Any) -> VendorRequest:
    body = json.dumps({"model": "chat", "prompt": "Once", **fields}).encode()
    envelope = Envelope("r", 1, "acme", "alpha", "up", body, prefix, None, "", CallerDialect.OPENAI_COMPLETIONS)
    return DIALECT.request(envelope, stream=stream)


def event(text: str, finish: str | None = None, **fields: object) -> bytes:
    said = {"choices": [{"index": 0, "text": text, "finish_reason": finish, "logprobs": None}], **fields}
    return b"data: %b\n\n" % json.dumps(said, ensure_ascii=False).encode()


USED = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\n'
STREAM = event(" üpon") + event(" a 🌊") + event("", "stop") + USED + b"data: [DONE]\n\n"


def frames(pieces: Sequence[bytes]) -> list[Frame]:
    decoder = DIALECT.decoder(asked(stream=True))
    read = [frame for piece in pieces for frame in decoder.feed(piece)]
    return [*read, *decoder.close()]


def test_the_model_is_renamed_and_usage_is_asked_for() -> None:
    request = asked(stream=True, best_of=2, echo=False)
    assert request.path == "/completions"
    assert request.usage_hidden
    assert json.loads(request.body) == {
        "model": "up",
        "prompt": "Once",
        "best_of": 2,
        "echo": False,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


@pytest.mark.parametrize(
    ("fields", "answers"),
    [
        ({}, 1),
        ({"n": 3}, 3),
        ({"prompt": ["a", "b"]}, 2),
        ({"prompt": ["a", "b"], "n": 2}, 4),
        ({"prompt": [1, 2, 3]}, 1),
        ({"prompt": [[1], [2]]}, 2),
        ({"prompt": []}, 1),
    ],
)
def test_as_many_answers_are_waited_for_as_were_asked_for(fields: dict[str, Any], answers: int) -> None:
    assert asked(**fields).choices == answers


def test_an_answer_is_gone_on_with_after_the_prompt() -> None:
    assert json.loads(asked(" upon").body)["prompt"] == "Once upon"
    with pytest.raises(Failure) as refused:
        asked(" upon", prompt=[1, 2])
    assert refused.value.detail == {"param": "prompt"}


def test_a_whole_answer_is_read() -> None:
    choice = {"index": 0, "text": " upon", "finish_reason": "length"}
    body = json.dumps({"choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}).encode()
    answer = DIALECT.answer(ANY, body, "v1")
    assert (answer.body, answer.finish_reason, answer.usage) == (body, "length", Usage(1, 2))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"choices": []}, Reason.VENDOR_MALFORMED),
        ({"choices": [{"index": 0, "finish_reason": "stop"}]}, Reason.VENDOR_MALFORMED),
        ({"choices": [{"index": 0, "text": "x", "finish_reason": None}]}, Reason.VENDOR_STREAM_CUT),
        ({"choices": [{"index": 0, "text": "x", "finish_reason": "abort"}]}, Reason.VENDOR_STREAM_CUT),
    ],
)
def test_what_is_no_answer_is_a_failure(body: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(VendorFailure) as failed:
        DIALECT.answer(ANY, json.dumps(body).encode(), "")
    assert failed.value.reason is reason


@given(st.lists(st.integers(0, 10_000), max_size=6))
def test_frames_do_not_depend_on_where_the_stream_is_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cut % len(STREAM) for cut in cuts), len(STREAM)]
    read = frames([STREAM[begin:end] for begin, end in pairwise(edges)])
    assert read == frames([STREAM])
    assert "".join(frame.text for frame in read) == " üpon a 🌊"
    assert [frame.finish_reason for frame in read if frame.finish_reason] == ["stop"]
    assert [frame.usage for frame in read if frame.usage] == [Usage(3, 2)]
    assert read[-1].end


def test_a_stream_that_is_cut_is_no_answer() -> None:
    with pytest.raises(VendorFailure) as failed:
        frames([event(" upon")])
    assert failed.value.reason is Reason.VENDOR_STREAM_CUT


def test_a_chat_model_has_no_completions() -> None:
    said = b'{"error":{"message":"This is a chat model and not supported in the v1/completions endpoint."}}'
    assert DIALECT.reason(404, said, lambda _: "") is Reason.UNSUPPORTED_BY_TARGET
