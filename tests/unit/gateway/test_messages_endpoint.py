"""POST /v1/messages as Anthropic's own SDK finds it, over ASGI, a scripted hop behind."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import get_args

import anthropic
import pytest
from anthropic.types import Message, MessageParam
from anthropic.types.shared.error_response import ErrorResponse
from anthropic.types.shared.error_type import ErrorType
from msgspec.structs import replace

from resilience.errors import Failure, Reason
from services.gateway.application.ports import Frame
from services.gateway.domain.configuration import Project
from services.gateway.domain.dialect import Name
from services.gateway.domain.dialects.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.domain.failure import VendorFailure
from services.gateway.domain.route import CachePolicy, Continuation, Degradation, Policy, Unsupported
from services.gateway.entrypoints.http.errors import ERRORS, error_of
from tests.unit.gateway.callers import MAX_BODY, QUIET, REFUSED, SECRET, Chat, http
from tests.unit.gateway.messages import LAST, begin, delta, end, event, start, stop, streamed, whole
from tests.unit.gateway.world import Answer, vendor

SAID: list[MessageParam] = [{"role": "user", "content": "hi"}]


def chat_of(*answers: Answer, beta: Answer = REFUSED, policy: Policy = QUIET, project: Project | None = None) -> Chat:
    return Chat(*answers, beta=beta, policy=policy, project=project, dialect=ANTHROPIC_MESSAGES)


@asynccontextmanager
async def sdk(chat: Chat, key: str = SECRET) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with http(chat) as client:
        yield anthropic.AsyncAnthropic(api_key=key, base_url="http://seawall", http_client=client, max_retries=0)


async def test_a_whole_message_is_parsed_by_the_sdk() -> None:
    chat = chat_of(whole("Hello."))
    async with sdk(chat) as client:
        message = await client.messages.create(model="chat", max_tokens=10, messages=SAID)
    assert [block.text for block in message.content if block.type == "text"] == ["Hello."]
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 20)
    assert message._request_id == chat.world.journal.events[0].data.request_id
    (asked,) = chat.world.hop.asked
    assert (asked.dialect, asked.unsupported) == (Name.ANTHROPIC_MESSAGES, Unsupported.AUTO)
    assert chat.world.journal.events[0].data.operation == "chat"


async def test_a_stream_is_parsed_by_the_sdk_and_ends_with_its_last_event() -> None:
    chat = chat_of(streamed("Hel", "lo."))
    async with sdk(chat) as client, client.messages.stream(model="chat", max_tokens=10, messages=SAID) as stream:
        assert [text async for text in stream.text_stream] == ["Hel", "lo."]
        message = await stream.get_final_message()
    assert (message.id, message.stop_reason, message.usage.output_tokens) == ("msg_a", "end_turn", 20)
    raw = await chat.ask(stream=True)
    assert raw.text.endswith(b'event: message_stop\ndata: {"type": "message_stop"}\n\n')
    assert raw.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("header", ["x-api-key", "authorization"])
async def test_either_header_has_the_key(header: str) -> None:
    async with http(chat_of(whole("Hello."))) as client:
        told = {header: SECRET if header == "x-api-key" else f"Bearer {SECRET}", "anthropic-version": "2023-06-01"}
        answer = await client.post("/v1/messages", headers=told, json={"model": "chat", "messages": SAID})
    assert answer.status_code == 200
    assert answer.headers["request-id"] == answer.headers["x-seawall-request-id"]


async def test_errors_before_an_exchange_have_the_shape_of_the_path() -> None:
    chat = chat_of(whole("Hello."))
    too_large = b" " * (MAX_BODY + 1)
    key = {"x-api-key": SECRET}
    async with http(chat) as client:
        answers = [
            await client.get("/v1/messages"),
            await client.post("/v1/messages/batches", json={}),
            await client.post("/v1/messages", content=too_large, headers=key),
            await client.post("/v1/messages", content=b"{", headers=key),
            await client.post("/v1/messages", json={"model": "chat", "messages": SAID}),
            await client.post("/v1/messages", json={}, headers={**key, "x-seawall-timeout": "soon"}),
        ]
        elsewhere = [await client.post("/v1/messages2"), await client.get("/v1/chat/completions")]
    told = [(answer.status_code, answer.json()["error"]["type"], answer.json()["error"]["code"]) for answer in answers]
    assert told == [
        (405, "invalid_request_error", "method_not_allowed"),
        (404, "not_found_error", "not_found"),
        (413, "request_too_large", "request_too_large"),
        (400, "invalid_request_error", "invalid_request"),
        (401, "authentication_error", "unauthenticated"),
        (400, "invalid_request_error", "invalid_request"),
    ]
    for answer in answers:
        body = answer.json()
        assert body["type"] == "error"
        assert body["request_id"] == answer.headers["request-id"] == answer.headers["x-seawall-request-id"]
    for answer in elsewhere:
        assert set(answer.json()) == {"error"}
        assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("failure", "raised", "status", "kind"),
    [
        (vendor(Reason.VENDOR_RATE_LIMITED), anthropic.RateLimitError, 429, "rate_limit_error"),
        (vendor(Reason.VENDOR_OVERLOADED), anthropic.OverloadedError, 529, "overloaded_error"),
        (vendor(Reason.VENDOR_QUOTA_EXHAUSTED), anthropic.RateLimitError, 429, "billing_error"),
        (vendor(Reason.VENDOR_MODEL_NOT_FOUND), anthropic.NotFoundError, 404, "not_found_error"),
        (vendor(Reason.VENDOR_TIMEOUT), anthropic.GatewayTimeoutError, 504, "timeout_error"),
        (vendor(Reason.VENDOR_UNREACHABLE), anthropic.InternalServerError, 502, "api_error"),
        (
            VendorFailure(Reason.VENDOR_REJECTED, "no", retryable=False, status=422, body=b'{"why": "x"}'),
            anthropic.UnprocessableEntityError,
            422,
            "invalid_request_error",
        ),
    ],
)
async def test_the_sdk_raises_what_it_raises_of_anthropic(
    failure: Failure, raised: type[anthropic.APIStatusError], status: int, kind: str
) -> None:
    async with sdk(chat_of([failure], beta=[failure])) as client:
        with pytest.raises(raised) as caught:
            await client.messages.create(model="chat", max_tokens=10, messages=SAID)
    error = caught.value
    assert (error.status_code, error.type, error.error_code) == (status, kind, failure.reason.value)
    assert error.api_message == failure.message
    assert isinstance(error.body, dict)
    assert error.body["error"]["doc_url"] == f"/docs/errors#{failure.reason.value}"
    assert error.body["request_id"] == error.request_id
    if isinstance(failure, VendorFailure) and failure.body:
        assert error.body["error"]["vendor"] == {"why": "x"}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_one_of_anthropics_errors(reason: Reason) -> None:
    status, body = error_of(Failure(reason, "it is so", detail={"param": "model"}), "req_1", ANTHROPIC_MESSAGES)
    assert status in {ERRORS[reason].status, 529}
    error = json.loads(body)["error"]
    assert (error["message"], error["param"], error["code"]) == ("it is so", "model", reason.value)
    # Anthropic documents `request_too_large`, of which its SDK knows nothing.
    assert error["type"] in {*get_args(ErrorType), "request_too_large"}
    if error["type"] not in {"conflict_error", "request_too_large"}:
        assert ErrorResponse.model_validate_json(body).error.type == error["type"]


async def test_an_error_after_the_stream_began_is_its_last_event_and_raised() -> None:
    chat = chat_of([*streamed("One ")[:3], vendor(Reason.VENDOR_STREAM_CUT)])
    async with sdk(chat) as client, client.messages.stream(model="chat", max_tokens=10, messages=SAID) as stream:
        with pytest.raises(anthropic.APIStatusError) as caught:
            await stream.get_final_message()
    assert (caught.value.type, caught.value.error_code) == ("api_error", "vendor_stream_cut")
    last = (await chat.ask(stream=True)).text.split(b"\n\n")[-2]
    assert last.startswith(b'event: error\ndata: {"type": "error", ')


async def test_a_broken_stream_is_continued_as_one_message() -> None:
    cut = [*streamed("One ", "two ")[:4], vendor(Reason.VENDOR_STREAM_CUT)]
    chat = chat_of(cut, beta=streamed("three ", "four.", by="b", prompt=130), policy=Policy(hedge=False))
    async with sdk(chat) as client, client.messages.stream(model="chat", max_tokens=10, messages=SAID) as stream:
        kinds = [event.type async for event in stream if event.type not in {"text", "content_block_delta"}]
        message = await stream.get_final_message()
    assert kinds == ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]
    assert [block.text for block in message.content if block.type == "text"] == ["One two three four."]
    assert chat.world.hop.asked[1].prefix == "One two "
    broken, answered = (attempt.tokens for attempt in chat.world.journal.events[0].data.attempts)
    assert broken is not None
    assert answered is not None
    assert broken.output >= 2, "the one token that was told at the beginning is not all that was answered"
    assert (message.id, message.usage.input_tokens) == ("msg_a", 100)
    assert message.usage.output_tokens == broken.output + answered.output


async def test_what_the_vendor_was_not_told_is_in_a_header() -> None:
    names = ("top_k", "metadata.user id", "a\r\nx: y", *(f"f{number}" for number in range(60)))
    answer = [replace(frame, dropped=names[:2]) if isinstance(frame, Frame) else frame for frame in streamed("a")[:1]]
    chat = chat_of(whole("Hello.", dropped=names), [*answer, *streamed("a")[1:]])
    told = (await chat.ask()).headers["x-seawall-dropped"].split(", ")
    assert told[:3] == ["top_k", "metadata.user%20id", "a%0D%0Ax%3A%20y"]
    assert (len(told), told[-1]) == (51, "...")
    assert (await chat.ask(stream=True)).headers["x-seawall-dropped"] == "top_k, metadata.user%20id"
    assert "x-seawall-dropped" not in (await chat_of(whole("Hello.")).ask()).headers


async def test_what_was_dropped_is_told_of_an_answer_from_the_cache_too() -> None:
    chat = chat_of(whole("Hello.", dropped=("top_k",)), policy=Policy(cache=CachePolicy(ttl=60), retries=0))
    first, second = [await chat.ask() for _ in range(2)]
    assert second.headers["x-seawall-cache"] == "exact"
    assert first.headers["x-seawall-dropped"] == second.headers["x-seawall-dropped"] == "top_k"


async def test_a_request_sets_what_becomes_of_what_is_not_supported() -> None:
    chat = chat_of(whole("Hello."), project=Project(policy_overrides=True))
    await chat.ask({"x-seawall-policy": '{"unsupported": "drop"}'})
    assert chat.world.hop.asked[0].unsupported is Unsupported.DROP


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_answers_are_kept_for_those_who_ask_in_the_same_dialect(stream: bool) -> None:
    answer = streamed("Hello.") if stream else whole("Hello.")
    chat = chat_of(answer, policy=Policy(cache=CachePolicy(ttl=60), retries=0, hedge=False))
    first, second = [await chat.ask(stream=stream, metadata={"user_id": who}) for who in "ab"]
    assert (second.text, second.headers["x-seawall-cache"]) == (first.text, "exact")
    body = b'{"model":"chat","messages":[{"role":"user","content":"hi"}]}'
    other = chat.world.exchange(body, stream=stream)
    await chat.world.answer(other)
    assert other.cache is None, "an OpenAI-shaped request of the same bytes"


async def test_an_answer_that_was_cut_at_its_length_is_not_kept() -> None:
    chat = chat_of(whole("Hel", "max_tokens"), policy=Policy(cache=CachePolicy(ttl=60), retries=0))
    assert {(await chat.ask()).headers["x-seawall-cache"] for _ in range(2)} == {"miss"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_a_static_answer_is_a_message(stream: bool) -> None:
    chat = chat_of(REFUSED, policy=Policy(degradation=Degradation(answer="Später."), retries=0, hedge=False))
    message: Message
    async with sdk(chat) as client:
        if stream:
            async with client.messages.stream(model="chat", max_tokens=10, messages=SAID) as streamed_:
                message = await streamed_.get_final_message()
        else:
            message = await client.messages.create(model="chat", max_tokens=10, messages=SAID)
    assert [block.text for block in message.content if block.type == "text"] == ["Später."]
    assert (message.stop_reason, message.model, message.usage.output_tokens) == ("end_turn", "chat", 0)


def thought_first() -> Iterator[Frame]:
    yield start()
    yield begin(0, type="thinking", thinking="", signature="")
    yield event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "hm"})
    yield end(0)
    yield begin(1)
    yield delta("One ", 1)


async def test_a_continuation_that_calls_a_tool_closes_the_text_first() -> None:
    call = [
        start("b"),
        begin(0, type="tool_use", id="t1", name="look", input={}),
        event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": '{"a": 1}'}),
        end(0),
        stop("tool_use"),
        *LAST,
    ]
    policy = Policy(hedge=False, continuation=Continuation.CONTINUE)
    chat = chat_of([*thought_first(), vendor(Reason.VENDOR_STREAM_CUT)], beta=call, policy=policy)
    async with sdk(chat) as client, client.messages.stream(model="chat", max_tokens=10, messages=SAID) as stream:
        seen = [
            (event.type, getattr(event, "index", None)) async for event in stream if "content_block_s" in event.type
        ]
        message = await stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
    assert message.content[2].type == "tool_use"
    assert message.content[2].input == {"a": 1}
    assert [index for kind, index in seen if kind == "content_block_stop"] == [0, 1, 2]
    assert message.stop_reason == "tool_use"
