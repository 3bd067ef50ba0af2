"""Answers and errors of a vendor of Mistral's dialect, as Mistral's own SDK reads them."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mistralai.client import Mistral
from mistralai.client.errors import HTTPValidationError, SDKError
from mistralai.client.models import AssistantMessage, CompletionChunk, TextChunk, ThinkChunk, ToolCall

from simulator import Access, Behaviour, ContextLength, ErrorStatus, Filtered, Simulator, Vendor, VendorSpec
from tests.integration.simulator.clients import MESSAGES, Wire, both, chat, failing
from tests.integration.simulator.test_tools_and_choices import CLOCK, TOOLS, WEATHER
from tests.stack.eventually import PATIENCE

CALLED = {"type": "function", "function": {"name": "weather", "arguments": "{}"}}
HI = {"role": "user", "content": "hi"}


@pytest.fixture(name="vendor")
async def _vendor() -> AsyncIterator[Vendor]:
    async with Simulator([VendorSpec(name="mist", dialect="mistral")], seed=1) as running:
        yield running.vendor("mist")


@pytest.fixture(name="client")
async def _client(vendor: Vendor) -> AsyncIterator[Mistral]:
    async with Mistral(server_url=vendor.base_url, api_key="k", timeout_ms=int(PATIENCE * 1000)) as opened:
        yield opened


@pytest.fixture(name="wire")
async def _wire(vendor: Vendor) -> AsyncIterator[Wire]:
    opened = await Wire.open(vendor.base_url)
    yield opened
    opened.close()


class Told:
    """An answer, whole or put together from its chunks."""

    def __init__(self, finish: object, usage: Any, parts: list[str | TextChunk | ThinkChunk], calls: list[ToolCall]):
        self.finish = finish
        self.usage = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
        self.text = "".join(
            part if isinstance(part, str) else part.text for part in parts if not isinstance(part, ThinkChunk)
        )
        thoughts = [text for part in parts if isinstance(part, ThinkChunk) for text in part.thinking]
        self.thought = "".join(text.text for text in thoughts if isinstance(text, TextChunk))
        self.calls = calls

    def called(self) -> list[tuple[str, Any]]:
        return [(call.function.name, json.loads(str(call.function.arguments))) for call in self.calls]


async def ask(client: Mistral, *, stream: bool, **fields: Any) -> Told:
    asked = {"model": "mini", "messages": MESSAGES, **fields}
    if not stream:
        answer = await client.chat.complete_async(**asked)
        (choice,) = answer.choices
        message = choice.message
        assert isinstance(message, AssistantMessage)
        return Told(choice.finish_reason, answer.usage, parts_of(message.content), list(message.tool_calls or []))
    chunks = [event.data async for event in await client.chat.stream_async(**asked)]
    deltas = [chunk.choices[0].delta for chunk in chunks]
    parts = [part for delta in deltas for part in parts_of(delta.content)]
    calls = [call for delta in deltas for call in delta.tool_calls or []]
    assert all(chunk.usage is None for chunk in chunks[:-1])
    return Told(chunks[-1].choices[0].finish_reason, chunks[-1].usage, parts, calls)


def parts_of(content: Any) -> list[Any]:
    return [content] if isinstance(content, str) else list(content or [])


@both
async def test_an_answer_has_the_vendors_words_and_their_count(client: Mistral, stream: bool) -> None:
    answer = await ask(client, stream=stream, random_seed=7, safe_prompt=True)
    assert answer.text.startswith("mist/mini heard: one two three")
    assert (answer.finish, answer.usage) == ("stop", (16, 16, 32))


@both
async def test_it_ends_at_its_limit_and_before_a_stop(client: Mistral, stream: bool) -> None:
    short = await ask(client, stream=stream, max_tokens=3)
    assert (short.text, short.finish) == ("mist/mini heard: one", "length")
    assert (await ask(client, stream=stream, stop=["thr"])).text == "mist/mini heard: one two "


@both
async def test_several_functions_are_called_with_ids_of_nine_characters(
    client: Mistral, vendor: Vendor, stream: bool
) -> None:
    vendor.set(None, Behaviour(answer="tool_calls", answer_tokens=3))
    answer = await ask(client, stream=stream, tools=TOOLS)
    assert answer.called() == [
        ("weather", {"place": "mist/mini heard: one", "days": 1}),
        ("clock", {"answer": "mist/mini#2 heard: one"}),
    ]
    assert (answer.finish, answer.text) == ("tool_calls", "")
    ids = [str(call.id) for call in answer.calls]
    assert all(re.fullmatch("[A-Za-z0-9]{9}", given) for given in ids)
    assert len(set(ids)) == 2
    assert [call.index for call in answer.calls] == [0, 1]
    assert len((await ask(client, stream=stream, tools=TOOLS, parallel_tool_calls=False)).calls) == 1
    turns = [
        *MESSAGES,
        {"role": "assistant", "tool_calls": [call.model_dump() for call in answer.calls]},
        *({"role": "tool", "tool_call_id": given, "name": "f", "content": f"said {given}"} for given in ids),
    ]
    heard = await ask(client, stream=stream, messages=turns, tools=TOOLS)
    assert heard.text == "mist/mini heard: said"
    assert heard.finish == "stop"


@both
@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("any", ["weather"]),
        ("required", ["weather"]),
        ("none", []),
        ("auto", []),
        ({"type": "function", "function": {"name": "clock"}}, ["clock"]),
    ],
)
async def test_the_choice_of_a_function_is_heeded(client: Mistral, stream: bool, choice: Any, names: list[str]) -> None:
    answer = await ask(client, stream=stream, tools=[WEATHER, CLOCK], tool_choice=choice)
    assert [name for name, _ in answer.called()] == names


@both
async def test_a_schema_is_followed(client: Mistral, stream: bool) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "days": {"type": "integer"}}}
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema, "strict": True}}
    answer = await ask(client, stream=stream, response_format=form)
    assert set(json.loads(answer.text)) == {"name", "days"}


@both
async def test_a_thought_is_a_chunk_before_the_text(client: Mistral, stream: bool) -> None:
    for asked in ({"prompt_mode": "reasoning"}, {"reasoning_effort": "high"}):
        answer = await ask(client, stream=stream, **asked)
        assert answer.thought == "Asked: one two three four five"
        assert answer.text.startswith("mist/mini heard: one two three")
        assert answer.usage[1] == 16 + 6


async def test_contents_may_be_chunks(client: Mistral) -> None:
    user = [
        {"type": "text", "text": "one two"},
        {"type": "image_url", "image_url": "data:image/png;base64,iVBORw0KGgo="},
        {"type": "document_url", "document_url": "https://example.com/a.pdf", "document_name": "a.pdf"},
        {"type": "reference", "reference_ids": [1]},
    ]
    said = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, {"type": "text", "text": "yes"}]
    turns = [HI, {"role": "assistant", "content": said}, {"role": "user", "content": user}]
    answer = await ask(client, stream=False, messages=turns)
    assert answer.text.startswith("mist/mini heard: one two one-2")
    # The texts are of 2, 3 and 7 characters.
    assert answer.usage[0] == 3 + (3 + 1) + (3 + 1) + (3 + 2) + 85


@both
async def test_an_answer_that_is_begun_is_gone_on_with(client: Mistral, stream: bool) -> None:
    begun = {"role": "assistant", "content": "mist/mini heard: one", "prefix": True}
    answer = await ask(client, stream=stream, messages=[*MESSAGES, begun])
    assert answer.text.startswith(" two three")


async def test_vectors_and_models_are_read(client: Mistral) -> None:
    told = await client.embeddings.create_async(model="embed", inputs=["one", "two"])
    assert [len(each.embedding or []) for each in told.data] == [1024, 1024]
    assert (told.usage.prompt_tokens, told.model) == (2, "embed")
    (short,) = (await client.embeddings.create_async(model="embed", inputs="one", output_dimension=8)).data
    assert len(short.embedding or []) == 8
    models = (await client.models.list_async()).data or []
    assert [model.id for model in models if model.type != "UNKNOWN"] == ["mist-small", "mist-large"]


@pytest.mark.parametrize(
    ("fields", "where", "kind"),
    [
        ({"stream_options": {"include_usage": True}}, ["body", "stream_options"], "extra_forbidden"),
        ({"max_completion_tokens": 9}, ["body", "max_completion_tokens"], "extra_forbidden"),
        ({"temperature": 2}, ["body", "temperature"], "less_than_equal"),
        (
            {"messages": [{"role": "assistant", "content": "x", "reasoning_content": "y"}]},
            ["body", "messages", 0, "assistant", "reasoning_content"],
            "extra_forbidden",
        ),
        ({"messages": [{"role": "developer", "content": "x"}]}, ["body", "messages", 0], "union_tag_invalid"),
        ({"messages": []}, ["body", "messages"], "too_short"),
        ({"model": ""}, ["body", "model"], "missing"),
    ],
)
async def test_what_it_does_not_know_is_refused_with_its_place(
    wire: Wire, vendor: Vendor, fields: dict[str, Any], where: list[str | int], kind: str
) -> None:
    wire.post(chat(**fields))
    status, body = await wire.response()
    (problem,) = json.loads(body)["detail"]
    assert (status, problem["loc"], problem["type"]) == (422, where, kind)
    assert vendor.calls[-1].outcome == "rejected"


async def test_the_sdk_raises_what_is_invalid_as_its_own(client: Mistral) -> None:
    with pytest.raises(HTTPValidationError) as refused:
        await ask(client, stream=False, temperature=9)
    (problem,) = refused.value.data.detail or []
    assert (problem.loc, problem.type) == (["body", "temperature"], "less_than_equal")


@pytest.mark.parametrize(
    ("turns", "code"),
    [
        ([HI, {"role": "assistant", "content": "x"}], "3230"),
        ([HI, {"role": "system", "content": "x"}], "3230"),
        ([HI, {"role": "assistant", "content": "x"}, {"role": "system", "content": "s"}, HI], "3230"),
        ([HI, {"role": "tool", "tool_call_id": "abcdefghi", "content": "x"}], "3230"),
        ([HI, {"role": "assistant", "tool_calls": [{**CALLED, "id": "abcdefghi"}]}, HI], "3230"),
        ([HI, {"role": "assistant", "tool_calls": [{**CALLED, "id": "call_1"}]}, HI], "3280"),
        ([HI, {"role": "assistant", "content": ""}, HI], "3240"),
        ([{"role": "assistant", "content": "x", "prefix": True}, HI], "3230"),
    ],
)
async def test_a_conversation_that_makes_no_sense_is_refused(
    client: Mistral, turns: list[dict[str, Any]], code: str
) -> None:
    with pytest.raises(SDKError) as refused:
        await ask(client, stream=False, messages=turns)
    assert refused.value.status_code == 400
    assert json.loads(refused.value.body)["code"] == code


@both
async def test_errors_are_raised_as_the_sdks_own(client: Mistral, vendor: Vendor, stream: bool) -> None:
    async def refused() -> tuple[int, dict[str, Any]]:
        with pytest.raises(SDKError) as raised:
            await ask(client, stream=stream)
        return raised.value.status_code, json.loads(raised.value.body)

    vendor.set(None, failing(ErrorStatus(status=429)))
    assert await refused() == (
        429,
        {
            "object": "error",
            "message": "Rate limit exceeded",
            "type": "rate_limited",
            "param": None,
            "code": "1300",
            "raw_status_code": 429,
        },
    )
    vendor.set(None, failing(ErrorStatus(status=503)))
    assert (await refused())[0] == 503
    vendor.set(None, failing(ContextLength()))
    status, body = await refused()
    assert (status, body["code"]) == (400, "3051")
    vendor.set(None, Behaviour(context_window=10))
    status, body = await refused()
    assert (status, body["code"], body["message"][:25]) == (400, "3051", "Prompt contains 16 tokens")
    vendor.access = Access(models=("other",))
    status, body = await refused()
    assert (status, body["type"], body["message"]) == (400, "invalid_model", "Invalid model: mini")
    vendor.access = Access(keys=("other",))
    assert await refused() == (401, {"detail": "Unauthorized"})


async def test_an_answer_that_a_policy_ends_is_an_error(client: Mistral, vendor: Vendor) -> None:
    vendor.set(None, failing(Filtered(after_chunks=2)))
    answer = await ask(client, stream=True)
    assert (answer.text, answer.finish) == ("mist/mini heard:", "error")


async def test_several_answers_take_turns(client: Mistral, vendor: Vendor) -> None:
    vendor.set(None, Behaviour(answer_tokens=2))
    events = await client.chat.stream_async(model="mini", messages=MESSAGES, n=2)  # type: ignore[arg-type]  # the messages are typed as OpenAI's
    chunks: list[CompletionChunk] = [event.data async for event in events]
    said = ["".join(str(c.choices[0].delta.content) for c in chunks if c.choices[0].index == index) for index in (0, 1)]
    assert said == ["mist/mini heard:", "mist/mini#2 heard:"]
    assert [chunk.choices[0].finish_reason for chunk in chunks[-2:]] == ["stop", "stop"]
