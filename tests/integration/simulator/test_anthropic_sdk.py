"""Answers and errors of a vendor of Anthropic's dialect, as Anthropic's own SDK reads them."""

import base64
import json
from typing import Any

import anthropic as sdk
import pytest
from anthropic import AsyncAnthropic
from anthropic.types import Message, MessageParam, ToolParam, ToolUseBlock

from simulator import Access, Behaviour, ErrorEvent, ErrorStatus, Filtered, Vendor
from tests.integration.simulator.clients import both, failing
from tests.stack.eventually import eventually

ASKED = "one two three four five six seven eight"
MESSAGES: list[MessageParam] = [{"role": "user", "content": ASKED}]
WEATHER: ToolParam = {
    "name": "weather",
    "description": "The weather at a place.",
    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer"}}},
}
CLOCK: ToolParam = {"name": "clock", "input_schema": {"type": "object"}}


async def ask(client: AsyncAnthropic, *, stream: bool = False, **fields: Any) -> Message:
    """Ask, and return the message as the SDK has it, or puts it together."""
    asked = {"model": "sonnet", "max_tokens": 100, "messages": MESSAGES, **fields}
    if not stream:
        answer: Message = await client.messages.create(**asked)
        return answer
    async with client.messages.stream(**asked) as events:
        return await events.get_final_message()


def said(answer: Message) -> str:
    return "".join(block.text for block in answer.content if block.type == "text")


def calls(answer: Message) -> list[ToolUseBlock]:
    return [block for block in answer.content if block.type == "tool_use"]


@both
async def test_a_message_has_the_vendors_words_and_their_count(anthropic: AsyncAnthropic, stream: bool) -> None:
    answer = await ask(anthropic, stream=stream)
    assert said(answer).startswith("claude/sonnet heard: one two three")
    assert (answer.role, answer.model, answer.stop_reason, answer.stop_sequence) == (
        "assistant",
        "sonnet",
        "end_turn",
        None,
    )
    assert answer.id.startswith("msg_")
    # 39 characters: 3 + 3 + 10.
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (16, 16)
    assert (answer.usage.cache_read_input_tokens, answer.usage.cache_creation_input_tokens) == (0, 0)


async def test_the_text_of_a_stream_is_that_of_the_plain_answer(anthropic: AsyncAnthropic) -> None:
    async with anthropic.messages.stream(model="sonnet", max_tokens=100, messages=MESSAGES) as events:
        texts = [text async for text in events.text_stream]
    assert len(texts) == 16
    assert "".join(texts) == said(await ask(anthropic))


@both
async def test_an_answer_ends_at_its_limit(anthropic: AsyncAnthropic, stream: bool) -> None:
    answer = await ask(anthropic, stream=stream, max_tokens=3)
    assert (said(answer), answer.stop_reason) == ("claude/sonnet heard: one", "max_tokens")
    assert answer.usage.output_tokens == 3


@both
async def test_an_answer_ends_before_a_stop_sequence_and_names_it(anthropic: AsyncAnthropic, stream: bool) -> None:
    answer = await ask(anthropic, stream=stream, stop_sequences=["never", "thr"])
    assert (said(answer), answer.stop_reason, answer.stop_sequence) == (
        "claude/sonnet heard: one two ",
        "stop_sequence",
        "thr",
    )


@both
async def test_a_begun_answer_goes_on(anthropic: AsyncAnthropic, stream: bool) -> None:
    begun: list[MessageParam] = [*MESSAGES, {"role": "assistant", "content": "claude/sonnet heard: one tw"}]
    assert said(await ask(anthropic, stream=stream, messages=begun)).startswith("o three four")


async def test_a_model_may_refuse_a_begun_answer(anthropic: AsyncAnthropic, claude: Vendor) -> None:
    claude.set("sonnet", Behaviour(prefill="refuses"))
    begun: list[MessageParam] = [*MESSAGES, {"role": "assistant", "content": "claude/sonnet heard: one"}]
    with pytest.raises(sdk.BadRequestError, match="does not support assistant message prefill"):
        await ask(anthropic, messages=begun)
    await ask(anthropic)


@both
async def test_a_begun_answer_that_is_whole_ends_without_content(
    anthropic: AsyncAnthropic, claude: Vendor, stream: bool
) -> None:
    claude.set(None, Behaviour(answer_tokens=3))
    begun: list[MessageParam] = [*MESSAGES, {"role": "assistant", "content": "claude/sonnet heard: one"}]
    answer = await ask(anthropic, stream=stream, messages=begun)
    assert (answer.content, answer.stop_reason, answer.usage.output_tokens) == ([], "end_turn", 0)


@both
async def test_a_filtered_answer_is_a_refusal(anthropic: AsyncAnthropic, claude: Vendor, stream: bool) -> None:
    claude.set(None, failing(Filtered(after_chunks=2)))
    answer = await ask(anthropic, stream=stream)
    assert (said(answer), answer.stop_reason) == ("claude/sonnet heard:", "refusal")
    assert answer.stop_details is not None


@both
async def test_unicode_and_quotes_survive(anthropic: AsyncAnthropic, stream: bool) -> None:
    asked = 'schön "quoted" \\ 🌊 日本'
    answer = await ask(anthropic, stream=stream, model='m"ü', messages=[{"role": "user", "content": asked}])
    assert (answer.model, said(answer)[: len(asked) + 18]) == ('m"ü', f'claude/m"ü heard: {asked}')


@both
@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "weather"}])
async def test_a_tool_that_must_be_used_is_used_as_its_schema_says(
    anthropic: AsyncAnthropic, stream: bool, choice: Any
) -> None:
    answer = await ask(anthropic, stream=stream, tools=[WEATHER, CLOCK], tool_choice=choice)
    (call,) = calls(answer)
    assert (answer.stop_reason, call.name, call.id[:6]) == ("tool_use", "weather", "toolu_")
    assert call.input["days"] == 1
    assert str(call.input["place"]).startswith("claude/sonnet heard: one")


@both
async def test_several_tools_are_used_at_once_where_behaviour_and_request_allow(
    anthropic: AsyncAnthropic, claude: Vendor, stream: bool
) -> None:
    claude.set(None, Behaviour(answer="tool_calls", answer_tokens=4))
    several = calls(await ask(anthropic, stream=stream, tools=[WEATHER, CLOCK]))
    assert [(call.name, call.input) for call in several] == [
        ("weather", {"place": "claude/sonnet heard: one two", "days": 1}),
        ("clock", {"answer": "claude/sonnet#2 heard: one two"}),
    ]
    assert len({call.id for call in several}) == 2
    one = {"type": "auto", "disable_parallel_tool_use": True}
    assert len(calls(await ask(anthropic, stream=stream, tools=[WEATHER, CLOCK], tool_choice=one))) == 1
    assert calls(await ask(anthropic, stream=stream, tools=[WEATHER], tool_choice={"type": "none"})) == []


@both
async def test_what_tools_said_is_answered_in_words(anthropic: AsyncAnthropic, claude: Vendor, stream: bool) -> None:
    claude.set(None, Behaviour(answer="tool_calls"))
    first = await ask(anthropic, stream=stream, tools=[WEATHER, CLOCK])
    results: Any = [
        {"type": "tool_result", "tool_use_id": call.id, "content": f"result {number}"}
        for number, call in enumerate(calls(first))
    ]
    turns: Any = [*MESSAGES, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    answer = await ask(anthropic, stream=stream, tools=[WEATHER, CLOCK], messages=turns)
    assert answer.stop_reason == "end_turn"
    assert said(answer).startswith("claude/sonnet heard: result 0 result 1")


@both
async def test_an_answer_follows_the_schema_that_is_asked_for(anthropic: AsyncAnthropic, stream: bool) -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["good", "bad"]}, "why": {"type": "string"}, "sure": {"type": "boolean"}},
        "required": ["mood", "why", "sure"],
        "additionalProperties": False,
    }
    answer = await ask(anthropic, stream=stream, output_config={"format": {"type": "json_schema", "schema": schema}})
    told = json.loads(said(answer))
    assert (told["mood"], told["sure"], told["why"][:21]) == ("good", True, "claude/sonnet heard: ")


@both
@pytest.mark.parametrize("how", [{"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}])
async def test_a_thought_comes_first_with_a_signature_that_is_taken_back(
    anthropic: AsyncAnthropic, stream: bool, how: Any
) -> None:
    answer = await ask(anthropic, stream=stream, max_tokens=2000, thinking=how)
    thought, text = answer.content
    assert thought.type == "thinking"
    assert thought.thinking == "Asked: one two three four five"
    assert text.type == "text"
    assert answer.usage.output_tokens == 16 + 6
    assert answer.usage.output_tokens_details is not None
    assert answer.usage.output_tokens_details.thinking_tokens == 6
    turns: Any = [*MESSAGES, {"role": "assistant", "content": answer.content}, {"role": "user", "content": "and?"}]
    assert said(await ask(anthropic, messages=turns)).startswith("claude/sonnet heard: and?")
    forged = thought.model_copy(update={"thinking": "Something else"})
    turns[1] = {"role": "assistant", "content": [forged, text]}
    with pytest.raises(sdk.BadRequestError, match=r"messages\.1\.content\.0: Invalid `signature` in `thinking` block"):
        await ask(anthropic, messages=turns)


@both
async def test_a_thought_may_be_kept_back(anthropic: AsyncAnthropic, stream: bool) -> None:
    how = {"type": "adaptive", "display": "omitted"}
    answer = await ask(anthropic, stream=stream, thinking=how)
    thought = answer.content[0]
    assert thought.type == "thinking"
    assert (thought.thinking, bool(thought.signature), answer.usage.output_tokens) == ("", True, 22)
    turns: Any = [*MESSAGES, {"role": "assistant", "content": answer.content}, {"role": "user", "content": "and?"}]
    assert await ask(anthropic, messages=turns)
    forged = base64.b64encode(b"x" * 48).decode()
    for signature in ("", "?", forged):
        turns[1] = {"role": "assistant", "content": [thought.model_copy(update={"signature": signature})]}
        with pytest.raises(sdk.BadRequestError, match="Invalid `signature`"):
            await ask(anthropic, messages=turns)


@both
async def test_the_thought_that_led_to_a_call_must_come_back(
    anthropic: AsyncAnthropic, claude: Vendor, stream: bool
) -> None:
    claude.set(None, Behaviour(answer="tool_call"))
    fields: Any = {"tools": [WEATHER], "max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    first = await ask(anthropic, stream=stream, **fields)
    assert [block.type for block in first.content] == ["thinking", "tool_use"]
    result = {"type": "tool_result", "tool_use_id": calls(first)[0].id, "content": "rain"}
    turns: Any = [*MESSAGES, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    assert said(await ask(anthropic, messages=turns, **fields)).startswith("claude/sonnet heard: rain")
    turns[1]["content"] = first.content[1:]
    with pytest.raises(sdk.BadRequestError, match="Expected `thinking` or `redacted_thinking`, but found `tool_use`"):
        await ask(anthropic, messages=turns, **fields)


async def test_a_second_identical_prefix_is_read_from_the_cache(anthropic: AsyncAnthropic) -> None:
    system: Any = [{"type": "text", "text": "x" * 400, "cache_control": {"type": "ephemeral"}}]
    usages = [(await ask(anthropic, stream=number == 1, system=system)).usage for number in range(2)]
    # The system prompt: 3 + 3 + 100; the message 3 + 10.
    assert [
        (usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens) for usage in usages
    ] == [(13, 106, 0), (13, 0, 106)]
    assert usages[0].cache_creation is not None
    assert usages[0].cache_creation.ephemeral_5m_input_tokens == 106


async def test_images_are_counted(anthropic: AsyncAnthropic) -> None:
    data = base64.b64encode(b"\x89PNG").decode()
    image: Any = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    turns: Any = [{"role": "user", "content": [image, {"type": "text", "text": ASKED}]}]
    answer = await ask(anthropic, messages=turns)
    assert (answer.usage.input_tokens, said(answer)[:24]) == (16 + 85, "claude/sonnet heard: one")


async def test_the_size_of_a_prompt_can_be_asked_for(anthropic: AsyncAnthropic, claude: Vendor) -> None:
    fields: Any = {"messages": MESSAGES, "system": "be brief", "tools": [WEATHER]}
    counted = await anthropic.messages.count_tokens(model="sonnet", **fields)
    assert counted.input_tokens == (await ask(anthropic, **fields)).usage.input_tokens > 16
    await eventually(lambda: claude.counters()["completed"] == 1)
    assert len(claude.calls) == 1


async def test_models_are_listed_in_pages_and_shown(anthropic: AsyncAnthropic, claude: Vendor) -> None:
    assert [model.id async for model in anthropic.models.list()] == ["claude-small", "claude-large"]
    claude.access = Access(models=tuple(f"model-{number}" for number in range(5)))
    page = await anthropic.models.list(limit=2)
    assert ([model.id for model in page.data], page.has_more) == (["model-0", "model-1"], True)
    assert [model.id async for model in anthropic.models.list(limit=2)] == [f"model-{number}" for number in range(5)]
    back = await anthropic.models.list(limit=2, before_id="model-3")
    assert [model.id for model in back.data] == ["model-1", "model-2"]
    shown = await anthropic.models.retrieve("model-4")
    assert (shown.id, shown.type, shown.display_name) == ("model-4", "model", "model-4")
    with pytest.raises(sdk.NotFoundError):
        await anthropic.models.retrieve("another")


ERRORS: list[tuple[int, type[sdk.APIStatusError], str]] = [
    (400, sdk.BadRequestError, "invalid_request_error"),
    (401, sdk.AuthenticationError, "authentication_error"),
    (402, sdk.APIStatusError, "billing_error"),
    (403, sdk.PermissionDeniedError, "permission_error"),
    (404, sdk.NotFoundError, "not_found_error"),
    (409, sdk.ConflictError, "invalid_request_error"),
    (413, sdk.APIStatusError, "request_too_large"),
    (422, sdk.UnprocessableEntityError, "invalid_request_error"),
    (429, sdk.RateLimitError, "rate_limit_error"),
    (500, sdk.InternalServerError, "api_error"),
    (503, sdk.InternalServerError, "api_error"),
    (504, sdk.InternalServerError, "timeout_error"),
    (529, sdk.InternalServerError, "overloaded_error"),
]


@both
@pytest.mark.parametrize(("status", "raised", "kind"), ERRORS)
async def test_each_error_is_the_sdks_own_exception(
    anthropic: AsyncAnthropic, claude: Vendor, stream: bool, status: int, raised: type[sdk.APIStatusError], kind: str
) -> None:
    claude.set(None, failing(ErrorStatus(status=status, retry_after=1.5)))
    with pytest.raises(raised) as caught:
        await ask(anthropic, stream=stream)
    error = caught.value
    assert (error.status_code, error.type, error.response.headers["retry-after"]) == (status, kind, "2")
    assert error.request_id is not None
    assert error.request_id.startswith("req_")
    assert isinstance(error.body, dict)
    assert error.body["request_id"] == error.request_id


async def test_an_error_says_what_it_was_told_to_say(anthropic: AsyncAnthropic, claude: Vendor) -> None:
    claude.set(None, failing(ErrorStatus(status=400, type="t", message="gone wrong", code="c")))
    with pytest.raises(sdk.BadRequestError, match="gone wrong") as caught:
        await ask(anthropic)
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"] == {"type": "t", "message": "gone wrong", "details": {"error_code": "c"}}


async def test_an_error_event_is_an_exception_in_the_middle_of_a_stream(
    anthropic: AsyncAnthropic, claude: Vendor
) -> None:
    claude.set(None, failing(ErrorEvent(after_chunks=2)))
    heard: list[str] = []

    async def hear() -> None:
        async with anthropic.messages.stream(model="sonnet", max_tokens=100, messages=MESSAGES) as events:
            async for text in events.text_stream:
                heard.append(text)  # noqa: PERF401 - what came before the error is kept

    with pytest.raises(sdk.APIStatusError, match="Overloaded"):
        await hear()
    assert heard == ["claude/sonnet", " heard:"]


async def test_a_key_that_is_not_known_is_refused(anthropic: AsyncAnthropic, claude: Vendor) -> None:
    claude.access = Access(keys=frozenset({"another"}))
    with pytest.raises(sdk.AuthenticationError, match="invalid x-api-key"):
        await ask(anthropic)


async def test_a_prompt_over_the_context_window_is_refused_in_the_vendors_words(
    anthropic: AsyncAnthropic, claude: Vendor
) -> None:
    claude.set(None, Behaviour(context_window=15))
    with pytest.raises(sdk.BadRequestError, match="prompt is too long: 16 tokens > 15 maximum"):
        await ask(anthropic)


async def test_a_full_vendor_says_that_it_is_overloaded(anthropic: AsyncAnthropic, claude: Vendor) -> None:
    claude.set(None, Behaviour(slots=1, queue=0, full=529, between_chunks=0.05))
    async with anthropic.messages.stream(model="sonnet", max_tokens=100, messages=MESSAGES):
        with pytest.raises(sdk.InternalServerError, match="Overloaded") as caught:
            await ask(anthropic)
    assert caught.value.status_code == 529
