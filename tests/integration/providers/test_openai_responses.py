"""Callers of OpenAI's responses before OpenAI itself: nothing is translated, all is checked, counted and told apart."""

import json
from typing import Any

import pytest
from openai.types.responses import Response, ResponseFunctionToolCall
from openai.types.responses.response_stream_event import ResponseStreamEvent
from pydantic import TypeAdapter

from resilience.errors import Reason
from seawall.providers.v1 import provider_pb2 as pb
from simulator import (
    Behaviour,
    ContentFilter,
    ContextLength,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Fault,
    Filtered,
    GarbageEvent,
    Malformed,
    NoFinish,
    Vendor,
)
from tests.integration.providers.asking import ASKED, DOT, PLACE, failure
from tests.integration.providers.service import Client, texts
from tests.integration.simulator.clients import both, failing

RESPONSES = pb.DIALECT_OPENAI_RESPONSES
WEATHER = {"type": "function", "name": "weather", "parameters": PLACE, "strict": True}
CLOCK = {"type": "function", "name": "clock", "parameters": {"type": "object", "properties": {}}, "strict": False}
WORDS = f"alpha/gpt-up heard: {ASKED} " + " ".join(f"{word}-2" for word in ASKED.split()[:6])
_events: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)


def envelope(**fields: Any) -> dict[str, Any]:
    return {"dialect": RESPONSES, "body": json.dumps({"model": "chat", "input": ASKED, **fields}).encode()}


async def ask(client: Client, *, stream: bool, model: str = "gpt-up", **fields: Any) -> tuple[Response, pb.Usage, str]:
    """The response in the SDK's own type, and what was read out of it: usage and finish reason."""
    if not stream:
        told = await client.call(model=model, **envelope(**fields))
        assert told.WhichOneof("result") == "answer", told
        answer = told.answer
        return Response.model_validate_json(answer.body), answer.usage, answer.finish_reason
    frames = await client.frames(model=model, **envelope(stream=True, **fields))
    assert frames[-1].end, frames[-1]
    events = [_events.validate_json(frame.data) for frame in frames[:-1]]
    last = events[-1]
    assert last.type == "response.completed" or last.type == "response.incomplete"  # noqa: PLR1714 - narrows the type
    assert texts(frames) == last.response.output_text
    return last.response, frames[-2].usage, frames[-2].finish_reason


def calls(response: Response) -> list[ResponseFunctionToolCall]:
    return [item for item in response.output if item.type == "function_call"]


@both
async def test_a_response_is_the_vendors_own(client: Client, alpha: Vendor, stream: bool) -> None:
    response, usage, finish = await ask(client, stream=stream, metadata={"a": "b"}, instructions="Be brief.")
    assert (response.output_text, response.status, finish) == (WORDS, "completed", "stop")
    assert (response.metadata, response.instructions) == ({"a": "b"}, "Be brief.")
    assert (usage.input_tokens, usage.output_tokens) == (22, 16)
    sent = json.loads(alpha.calls[-1].body or b"")
    assert (sent["model"], sent["store"]) == ("gpt-up", False)
    assert "include" not in sent


@both
async def test_tools_are_called_in_parallel_and_heard(client: Client, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, Behaviour(answer="tool_calls", answer_tokens=5))
    response, usage, finish = await ask(client, stream=stream, tools=[WEATHER, CLOCK])
    assert [(call.name, json.loads(call.arguments)) for call in calls(response)] == [
        ("weather", {"place": "alpha/gpt-up heard: one two three", "days": 1}),
        ("clock", {}),
    ]
    assert (finish, usage.output_tokens > 5) == ("tool_calls", True)
    results = [
        {"type": "function_call_output", "call_id": call.call_id, "output": f"said {at}"}
        for at, call in enumerate(calls(response))
    ]
    turns = [{"role": "user", "content": ASKED}, *(item.to_dict() for item in response.output), *results]
    told, _, finish = await ask(client, stream=stream, tools=[WEATHER, CLOCK], input=turns)
    assert (told.output_text, finish) == ("alpha/gpt-up heard: said 0 said", "stop")


@both
async def test_a_schema_is_followed(client: Client, stream: bool) -> None:
    form = {"format": {"type": "json_schema", "name": "place", "strict": True, "schema": PLACE}}
    response, _, _ = await ask(client, stream=stream, text=form)
    assert json.loads(response.output_text) == {"place": WORDS, "days": 1}


@both
async def test_images_are_seen(client: Client, stream: bool) -> None:
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{DOT}", "detail": "auto"}
    content = [{"type": "input_text", "text": ASKED}, image]
    _, usage, _ = await ask(client, stream=stream, input=[{"role": "user", "content": content}])
    assert usage.input_tokens == 16 + 85


@both
async def test_what_a_reasoning_model_thought_is_sealed_and_shown_to_it_again(client: Client, stream: bool) -> None:
    response, usage, _ = await ask(client, stream=stream, model="gpt-5", reasoning={"effort": "low"})
    thought = response.output[0]
    assert thought.type == "reasoning"
    assert thought.encrypted_content
    assert usage.reasoning_tokens == 6
    turns = [*(item.to_dict() for item in response.output), {"role": "user", "content": "go on"}]
    told, _, _ = await ask(client, stream=stream, model="gpt-5", input=turns)
    assert told.output_text.startswith("alpha/gpt-5 heard: go on")


@both
async def test_an_answer_that_is_not_whole_says_why(client: Client, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, Behaviour(answer_tokens=40))
    response, _, finish = await ask(client, stream=stream, max_output_tokens=16)
    assert (response.status, finish) == ("incomplete", "length")
    alpha.set(None, failing(Filtered(after_chunks=2)))
    response, _, finish = await ask(client, stream=stream)
    assert (response.status, finish) == ("incomplete", "content_filter")


@both
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ErrorStatus(status=401), Reason.VENDOR_AUTHENTICATION),
        (ErrorStatus(status=404), Reason.VENDOR_MODEL_NOT_FOUND),
        (ErrorStatus(status=429, retry_after=7), Reason.VENDOR_RATE_LIMITED),
        (ErrorStatus(status=429, code="insufficient_quota"), Reason.VENDOR_QUOTA_EXHAUSTED),
        (ErrorStatus(status=500), Reason.VENDOR_ERROR),
        (ErrorStatus(status=503), Reason.VENDOR_OVERLOADED),
        (ContextLength(), Reason.CONTEXT_LENGTH_EXCEEDED),
        (ContentFilter(), Reason.CONTENT_FILTERED),
        (ErrorBody(), Reason.VENDOR_ERROR),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_errors_have_their_reasons(
    client: Client, alpha: Vendor, fault: Fault, reason: Reason, stream: bool
) -> None:
    alpha.set(None, failing(fault))
    failed = await failure(client, stream=stream, **envelope(stream=stream))
    assert failed.reason == reason
    if isinstance(fault, ErrorStatus) and fault.retry_after:
        assert failed.retry_after.ToTimedelta().total_seconds() == fault.retry_after


@both
async def test_a_request_that_the_vendor_refuses_is_refused(client: Client, stream: bool) -> None:
    failed = await failure(client, stream=stream, **envelope(stream=stream, max_output_tokens=2))
    assert failed.reason == Reason.VENDOR_REJECTED
    assert json.loads(failed.vendor_body)["error"]["param"] == "max_output_tokens"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Cut(after_chunks=2), Reason.VENDOR_STREAM_CUT),
        (Cut(after_chunks=2, how="ended"), Reason.VENDOR_STREAM_CUT),
        (NoFinish(), Reason.VENDOR_STREAM_CUT),
        (ErrorEvent(after_chunks=2), Reason.VENDOR_ERROR),
        (ErrorEvent(after_chunks=2, code="rate_limit_exceeded"), Reason.VENDOR_RATE_LIMITED),
        (Malformed(), Reason.VENDOR_MALFORMED),
        (GarbageEvent(what="types"), Reason.VENDOR_MALFORMED),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
async def test_a_stream_that_breaks_off_fails(client: Client, alpha: Vendor, fault: Fault, reason: Reason) -> None:
    alpha.set(None, failing(fault))
    frames = await client.frames(**envelope(stream=True))
    assert WORDS.startswith(texts(frames))
    assert frames[-1].failure.reason == reason
