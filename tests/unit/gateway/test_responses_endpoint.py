"""/v1/responses as OpenAI's own SDK finds it, over ASGI, a scripted hop behind."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from msgspec.structs import replace
from openai.types.responses import Response

from resilience.errors import Reason
from services.gateway.domain.dialects.openai_responses import OPENAI_RESPONSES
from services.gateway.domain.route import CachePolicy, Continuation, Degradation, Policy
from services.providers.domain.conversation import Citation, Text, ToolCall
from services.providers.domain.reply import Began, Finish, Finished, TextAdded
from tests.unit.gateway.callers import QUIET, REFUSED, SECRET, Chat, http
from tests.unit.gateway.responses import events_of, streamed, whole
from tests.unit.gateway.world import Answer, vendor

HI = whole(Text("Hello."))
STREAM = streamed(Began("", "small"), TextAdded("Hel"), TextAdded("lo."), Finished(Finish("stop")))
HEADERS = {"authorization": f"Bearer {SECRET}"}


def chat_of(*answers: Answer, policy: Policy = QUIET, beta: Answer = REFUSED) -> Chat:
    return Chat(*answers, policy=policy, beta=beta, dialect=OPENAI_RESPONSES)


@asynccontextmanager
async def sdk(chat: Chat) -> AsyncIterator[openai.AsyncOpenAI]:
    async with http(chat) as client:
        yield openai.AsyncOpenAI(api_key=SECRET, base_url="http://seawall/v1", http_client=client, max_retries=0)


def asked(chat: Chat, number: int = -1) -> dict[str, Any]:
    """The body that a target was asked with."""
    body: dict[str, Any] = json.loads(chat.world.hop.asked[number].body)
    return body


async def test_a_response_says_what_was_asked_and_is_found_again() -> None:
    async with sdk(chat_of(HI)) as client:
        response = await client.responses.create(
            model="chat", input="hi", instructions="Be brief.", metadata={"a": "b"}, temperature=0.5
        )
        assert response.output_text == "Hello."
        assert response.id.startswith("resp_")
        assert (response.instructions, response.metadata, response.temperature) == ("Be brief.", {"a": "b"}, 0.5)
        assert (response.tool_choice, response.tools, response.parallel_tool_calls) == ("auto", [], True)
        assert (response.model_extra or {})["store"] is True
        Response.model_validate(response.model_dump())
        assert await client.responses.retrieve(response.id) == response


async def test_a_streamed_response_is_one_and_is_found_again() -> None:
    async with sdk(chat_of(STREAM)) as client:
        async with client.responses.stream(model="chat", input="hi") as stream:
            events = [event async for event in stream]
            response = await stream.get_final_response()
        assert [event.type for event in events][:3] == [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
        ]
        assert [event.sequence_number for event in events] == list(range(len(events)))
        assert response.output_text == "Hello."
        found = await client.responses.retrieve(response.id)
        assert (found.id, found.output_text, found.status) == (response.id, "Hello.", "completed")
        assert {event.response.id for event in events if event.type == "response.created"} == {response.id}


async def test_events_are_named_and_nothing_follows_the_last() -> None:
    async with http(chat_of(STREAM)) as client:
        answer = await client.post(
            "/v1/responses", json={"model": "chat", "input": "hi", "stream": True}, headers=HEADERS
        )
    events = events_of(answer.text)
    assert all(name == data["type"] for name, data in events)
    assert events[-1][0] == "response.completed"
    assert "[DONE]" not in answer.text


async def test_what_comes_next_is_told_all_that_was_said() -> None:
    called = whole(
        Text("Let me see.", citations=(Citation(url="https://a.example/"),)), ToolCall("call_1", "look", "{}")
    )
    chat = chat_of(called, HI, HI)
    async with sdk(chat) as client:
        first = await client.responses.create(model="chat", input="hi", instructions="Be brief.")
        second = await client.responses.create(
            model="chat",
            previous_response_id=first.id,
            input=[{"type": "function_call_output", "call_id": "call_1", "output": "rain"}],
        )
        third = await client.responses.create(model="chat", previous_response_id=second.id, input="and then?")
    assert (second.previous_response_id, third.previous_response_id) == (first.id, second.id)
    body = asked(chat)
    assert "previous_response_id" not in body
    assert "instructions" not in body
    assert [item["type"] for item in body["input"]] == [
        "message",
        "message",
        "function_call",
        "function_call_output",
        "message",
        "message",
    ]
    assert body["input"][1]["content"] == [{"type": "output_text", "annotations": [], "text": "Let me see."}]
    assert not any("id" in item for item in body["input"])


async def test_input_items_are_listed_in_pages() -> None:
    async with sdk(chat_of(HI, HI)) as client:
        first = await client.responses.create(model="chat", input="hi")
        second = await client.responses.create(
            model="chat", previous_response_id=first.id, input=[{"role": "user", "content": "again"}]
        )
        page = await client.responses.input_items.list(second.id, order="asc", limit=2)
        assert [item.type for item in page.data] == ["message", "message"]
        assert page.has_more
        items = [item async for item in client.responses.input_items.list(second.id, limit=1)]
        assert len({getattr(item, "id", None) for item in items}) == 3
        assert [getattr(item, "role", None) for item in items] == ["user", "assistant", "user"]
        with pytest.raises(openai.BadRequestError):
            await client.responses.input_items.list(second.id, limit=1000)


async def test_a_response_that_is_deleted_is_gone() -> None:
    async with sdk(chat_of(HI)) as client:
        response = await client.responses.create(model="chat", input="hi")
        await client.responses.delete(response.id)
        with pytest.raises(openai.NotFoundError) as gone:
            await client.responses.retrieve(response.id)
        assert gone.value.code == "not_found"
        with pytest.raises(openai.NotFoundError):
            await client.responses.delete(response.id)
        with pytest.raises(openai.NotFoundError) as unknown:
            await client.responses.create(model="chat", input="hi", previous_response_id=response.id)
        assert unknown.value.param == "previous_response_id"


async def test_what_the_vendor_says_of_a_response_stands_but_for_its_id_and_what_is_kept() -> None:
    said = {"id": "resp_theirs", "store": False, "previous_response_id": None, "tools": [{"type": "web_search"}]}
    body = {**json.loads(HI[0].data), **said, "service_tier": "flex", "brand_new": {"a": 1.0}}
    chat = chat_of([replace(HI[0], data=json.dumps(body).encode())])
    async with http(chat) as client:
        sent = {"model": "chat", "input": "hi", "tools": [], "service_tier": "auto"}
        answer = (await client.post("/v1/responses", json=sent, headers=HEADERS)).json()
    assert answer["id"] != "resp_theirs"
    assert answer["store"] is True
    assert (answer["tools"], answer["service_tier"], answer["brand_new"]) == (said["tools"], "flex", {"a": 1.0})


@pytest.mark.parametrize("asked_by", ["field", "header"])
async def test_what_is_not_to_be_kept_is_not(asked_by: str) -> None:
    async with sdk(chat_of(HI)) as client:
        response = await client.responses.create(
            model="chat",
            input="hi",
            store=False if asked_by == "field" else openai.omit,
            extra_headers={"cache-control": "no-store"} if asked_by == "header" else {},
        )
        assert (response.model_extra or {})["store"] is False
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(response.id)


async def test_a_stream_that_breaks_off_ends_in_an_error_and_is_not_kept() -> None:
    broken: Answer = [*streamed(Began("", "small"), TextAdded("Hel"), end=False), vendor(Reason.VENDOR_STREAM_CUT)]
    go_on = Policy(retries=0, hedge=False, continuation=Continuation.CONTINUE)
    chat = chat_of(broken, policy=go_on)
    async with http(chat) as client:
        answer = await client.post(
            "/v1/responses", json={"model": "chat", "input": "hi", "stream": True}, headers=HEADERS
        )
        events = events_of(answer.text)
        name, error = events[-1]
        assert name == error["type"] == "error"
        assert (error["code"], error["sequence_number"]) == ("vendor_stream_cut", len(events) - 1)
        found = await client.get(f"/v1/responses/{events[0][1]['response']['id']}", headers=HEADERS)
        assert found.status_code == 404
    async with sdk(chat_of(broken, policy=go_on)) as client:
        with pytest.raises(openai.APIError, match="vendor_stream_cut"):
            [event async for event in await client.responses.create(model="chat", input="hi", stream=True)]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_the_operator_s_own_text_is_a_response(stream: bool) -> None:
    policy = Policy(retries=0, hedge=False, degradation=Degradation(answer="We are away."))
    async with sdk(chat_of(REFUSED, policy=policy)) as client:
        if stream:
            async with client.responses.stream(model="chat", input="hi") as streaming:
                response: Response = await streaming.get_final_response()
        else:
            response = await client.responses.create(model="chat", input="hi")
        assert response.output_text == "We are away."
        assert (await client.responses.retrieve(response.id)).output_text == "We are away."


async def test_an_answer_of_the_cache_is_a_response_of_its_own() -> None:
    chat = chat_of(HI, policy=Policy(retries=0, hedge=False, cache=CachePolicy(ttl=60)))
    async with sdk(chat) as client:
        first = await client.responses.create(model="chat", input="hi", metadata={"a": "1"})
        second = await client.responses.create(model="chat", input="hi", metadata={"a": "2"})
        assert len(chat.world.hop.asked) == 1
        assert first.id != second.id
        assert (first.metadata, second.metadata) == ({"a": "1"}, {"a": "2"})
        await client.responses.delete(first.id)
        assert (await client.responses.retrieve(second.id)).output_text == "Hello."


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("background", {"input": "hi", "background": True}),
        ("conversation", {"input": "hi", "conversation": "conv_1"}),
        ("input", {"input": ""}),
        ("input", {"input": []}),
        ("input", {"input": 5}),
        ("input[1]", {"input": [{"role": "user", "content": "hi"}, 5]}),
        ("input[0].type", {"input": [{"type": 5}]}),
    ],
)
async def test_what_cannot_be_answered_is_refused(field: str, fields: dict[str, Any]) -> None:
    async with http(chat_of(HI)) as client:
        answer = await client.post("/v1/responses", json={"model": "chat", **fields}, headers=HEADERS)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == field


async def test_what_is_wrong_within_an_item_is_for_who_is_asked_to_say() -> None:
    odd = [{"type": None, "role": "assistant", "content": ["output_text", 5]}]
    async with http(chat_of(HI, HI)) as client:
        first = await client.post("/v1/responses", json={"model": "chat", "input": odd}, headers=HEADERS)
        again = {"model": "chat", "input": "hi", "previous_response_id": first.json()["id"]}
        assert (await client.post("/v1/responses", json=again, headers=HEADERS)).status_code == 200


async def test_other_paths_and_methods_are_refused() -> None:
    async with http(chat_of(HI)) as client:
        assert (await client.get("/v1/responses/resp_1/cancel", headers=HEADERS)).status_code == 404
        wrong = await client.post("/v1/responses/resp_1", headers=HEADERS)
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, DELETE")
        assert (await client.get("/v1/responses", headers=HEADERS)).status_code == 405
        assert (await client.get("/v1/responses/resp_1")).status_code == 401
        assert (await client.get("/v1/responses/resp_1", headers=HEADERS)).json()["error"][
            "type"
        ] == "invalid_request_error"
