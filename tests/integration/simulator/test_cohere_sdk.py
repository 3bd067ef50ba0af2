"""Answers and errors of a vendor of Cohere's dialect, as Cohere's own SDK reads them."""

import json
from typing import Any

import cohere as sdk
import pytest
from cohere import AsyncClientV2
from cohere.core.api_error import ApiError

from simulator import Access, Behaviour, ErrorEvent, ErrorStatus, Filtered, Vendor
from tests.integration.simulator.clients import both, failing

ASKED = "one two three four five six seven eight"
MESSAGES: list[dict[str, Any]] = [{"role": "user", "content": ASKED}]
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather at a place.",
        "parameters": {"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer"}}},
    },
}
CLOCK: dict[str, Any] = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}


async def ask(client: AsyncClientV2, *, stream: bool = False, **fields: Any) -> dict[str, Any]:
    """Ask, and return the answer as the SDK has it, or its stream put together to one."""
    asked: Any = {"model": "command-a", "messages": MESSAGES, **fields}
    if not stream:
        return (await client.chat(**asked)).model_dump(exclude_none=True)
    answer: dict[str, Any] = {"message": {}}
    async for event in client.chat_stream(**asked):
        told = event.model_dump(exclude_none=True)
        _add(answer, told["type"], told.get("index", 0), told)
    return answer


def _add(answer: dict[str, Any], kind: str, index: int, told: dict[str, Any]) -> None:
    message, delta = answer["message"], told.get("delta", {})
    said = delta.get("message", {})
    match kind:
        case "message-start":
            answer["id"], message["role"] = told["id"], said["role"]
        case "content-start":
            assert index == len(message.setdefault("content", []))
            message["content"].append(said["content"])
        case "content-delta":
            ((field, text),) = said["content"].items()
            message["content"][index][field] += text
        case "tool-plan-delta":
            message["tool_plan"] = message.get("tool_plan", "") + said["tool_plan"]
        case "tool-call-start":
            message.setdefault("tool_calls", []).append(said["tool_calls"])
        case "tool-call-delta":
            message["tool_calls"][index]["function"]["arguments"] += said["tool_calls"]["function"]["arguments"]
        case "citation-start":
            message.setdefault("citations", []).append(said["citations"])
        case "message-end":
            answer |= delta
        case _:
            assert kind in {"content-end", "tool-call-end", "citation-end"}


def said(answer: dict[str, Any]) -> str:
    return "".join(part.get("text", "") for part in answer["message"].get("content", ()))


def calls(answer: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in answer["message"].get("tool_calls", ())
    ]


@both
async def test_a_message_has_the_vendors_words_and_their_count(cohere: AsyncClientV2, stream: bool) -> None:
    answer = await ask(cohere, stream=stream)
    assert said(answer).startswith("command/command-a heard: one two three")
    assert (answer["message"]["role"], answer["finish_reason"], len(answer["id"])) == ("assistant", "COMPLETE", 36)
    # 39 characters: 3 + 3 + 10.
    assert answer["usage"] == {
        "billed_units": {"input_tokens": 16, "output_tokens": 16},
        "tokens": {"input_tokens": 76, "output_tokens": 16},
        "cached_tokens": 0,
    }


@both
async def test_an_answer_ends_at_its_limit(cohere: AsyncClientV2, stream: bool) -> None:
    answer = await ask(cohere, stream=stream, max_tokens=3)
    assert (said(answer), answer["finish_reason"]) == ("command/command-a heard: one", "MAX_TOKENS")


@both
async def test_an_answer_ends_before_a_stop_sequence(cohere: AsyncClientV2, stream: bool) -> None:
    answer = await ask(cohere, stream=stream, stop_sequences=["never", "thr"])
    assert (said(answer), answer["finish_reason"]) == ("command/command-a heard: one two ", "STOP_SEQUENCE")


@both
async def test_a_filtered_answer_ends_with_an_error(cohere: AsyncClientV2, command: Vendor, stream: bool) -> None:
    command.set(None, failing(Filtered(after_chunks=2)))
    answer = await ask(cohere, stream=stream)
    assert (said(answer), answer["finish_reason"]) == ("command/command-a heard:", "ERROR")


@both
async def test_unicode_and_quotes_survive(cohere: AsyncClientV2, stream: bool) -> None:
    asked = 'schön "quoted" \\ 🌊 日本'
    answer = await ask(cohere, stream=stream, messages=[{"role": "user", "content": asked}])
    assert said(answer).startswith(f"command/command-a heard: {asked}")


@both
async def test_a_tool_that_must_be_used_is_used_as_its_schema_says(cohere: AsyncClientV2, stream: bool) -> None:
    answer = await ask(cohere, stream=stream, tools=[WEATHER, CLOCK], tool_choice="REQUIRED")
    ((name, given),) = calls(answer)
    assert (answer["finish_reason"], name, given["days"]) == ("TOOL_CALL", "weather", 1)
    assert given["place"].startswith("command/command-a heard: one")
    assert answer["message"]["tool_plan"] == "Asked: one two three four five"
    assert "content" not in answer["message"]


@both
async def test_several_tools_are_used_at_once_and_their_results_answered_and_cited(
    cohere: AsyncClientV2, command: Vendor, stream: bool
) -> None:
    command.set(None, Behaviour(answer="tool_calls", answer_tokens=4))
    first = await ask(cohere, stream=stream, tools=[WEATHER, CLOCK])
    assert calls(first) == [
        ("weather", {"place": "command/command-a heard: one two", "days": 1}),
        ("clock", {"answer": "command/command-a#2 heard: one two"}),
    ]
    first_id, second_id = (call["id"] for call in first["message"]["tool_calls"])
    assert first_id != second_id
    results = [
        {
            "role": "tool",
            "tool_call_id": first_id,
            "content": [{"type": "document", "document": {"data": {"sky": "grey"}, "id": "w"}}],
        },
        {"role": "tool", "tool_call_id": second_id, "content": "noon"},
    ]
    command.set(None, Behaviour(answer="tool_calls"))
    answer = await ask(cohere, stream=stream, tools=[WEATHER, CLOCK], messages=[*MESSAGES, first["message"], *results])
    assert answer["finish_reason"] == "COMPLETE"
    assert said(answer).startswith("command/command-a heard: grey noon")
    (citation,) = answer["message"]["citations"]
    assert said(answer)[citation["start"] : citation["end"]] == citation["text"] == "grey"
    assert citation["sources"] == [
        {"type": "tool", "id": "w", "tool_output": {"sky": "grey"}},
        {"type": "tool", "id": f"{second_id}:0", "tool_output": {"content": "noon"}},
    ]


@both
async def test_documents_are_cited_unless_that_is_not_wanted(cohere: AsyncClientV2, stream: bool) -> None:
    documents: Any = ["plain words", {"id": "d", "data": {"title": "T", "snippet": "more"}}]
    answer = await ask(cohere, stream=stream, documents=documents)
    (citation,) = answer["message"]["citations"]
    assert said(answer)[citation["start"] : citation["end"]] == citation["text"] == "one"
    assert [source["id"] for source in citation["sources"]] == ["doc:0", "d"]
    assert citation["sources"][1]["document"] == {"id": "d", "title": "T", "snippet": "more"}
    # Two documents of 11 and 6 characters: 3 + 3, 3 + 2.
    assert answer["usage"]["billed_units"]["input_tokens"] == 16 + 11
    silent = await ask(cohere, stream=stream, documents=documents, citation_options={"mode": "OFF"})
    assert "citations" not in silent["message"]


@both
async def test_an_answer_follows_the_schema_that_is_asked_for(cohere: AsyncClientV2, stream: bool) -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["good", "bad"]}, "why": {"type": "string"}, "sure": {"type": "boolean"}},
        "required": ["mood", "why", "sure"],
    }
    form: Any = {"type": "json_object", "json_schema": schema}
    told = json.loads(said(await ask(cohere, stream=stream, response_format=form)))
    assert (told["mood"], told["sure"], told["why"][:25]) == ("good", True, "command/command-a heard: ")
    told = json.loads(said(await ask(cohere, stream=stream, response_format={"type": "json_object"})))
    assert told["answer"].startswith("command/command-a heard: one")


@both
async def test_a_thought_comes_first(cohere: AsyncClientV2, stream: bool) -> None:
    for fields in ({"thinking": {"type": "enabled", "token_budget": 50}}, {"model": "command-a-reasoning"}):
        answer = await ask(cohere, stream=stream, **fields)
        thought, text = answer["message"]["content"]
        assert (thought["type"], thought["thinking"]) == ("thinking", "Asked: one two three four five")
        assert text["text"].startswith("command/command-a")
        assert answer["usage"]["billed_units"]["output_tokens"] == 16 + 6
    off: Any = {"model": "command-a-reasoning", "thinking": {"type": "disabled"}}
    assert len((await ask(cohere, stream=stream, **off))["message"]["content"]) == 1


async def test_images_are_counted(cohere: AsyncClientV2) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}
    answer = await ask(cohere, messages=[{"role": "user", "content": [image, {"type": "text", "text": ASKED}]}])
    assert answer["usage"]["billed_units"]["input_tokens"] == 16 + 85
    assert said(answer).startswith("command/command-a heard: one")


async def test_what_came_before_the_last_message_is_read_from_the_cache_the_next_time(cohere: AsyncClientV2) -> None:
    turns = [{"role": "system", "content": "x" * 4096}, *MESSAGES]
    usages = [(await ask(cohere, stream=number == 1, messages=turns))["usage"] for number in range(2)]
    # The system prompt: 3 + 3 + 1024. What is shorter is not kept.
    assert [(usage["billed_units"]["input_tokens"], usage["cached_tokens"]) for usage in usages] == [
        (1043, 0),
        (1043, 1030),
    ]


async def test_texts_are_embedded(cohere: AsyncClientV2) -> None:
    answer = await cohere.embed(
        model="embed", input_type="search_query", texts=["a", "b" * 9], output_dimension=256,
        embedding_types=["float", "base64"],
    )  # fmt: skip
    floats, packed = answer.embeddings.float_, answer.embeddings.base64
    assert floats is not None
    assert packed is not None
    assert [len(vector) for vector in floats] == [256, 256]
    assert sum(number * number for number in floats[0]) == pytest.approx(1, abs=1e-3)
    assert floats[0] != floats[1]
    assert len(packed) == 2
    assert answer.meta is not None
    assert answer.meta.billed_units is not None
    assert answer.meta.billed_units.input_tokens == 4


async def test_models_are_listed_and_shown(cohere: AsyncClientV2, command: Vendor) -> None:
    assert [model.name for model in (await cohere.models.list()).models] == ["command-small", "command-large"]
    command.access = Access(models=("command-a",))
    assert (await cohere.models.get("command-a")).endpoints == ["chat", "embed"]
    with pytest.raises(sdk.NotFoundError, match="model 'another' not found"):
        await cohere.models.get("another")
    with pytest.raises(sdk.NotFoundError, match="make sure the correct model ID was used"):
        await ask(cohere, model="another")


ERRORS: list[tuple[int, type[ApiError], str]] = [
    (400, sdk.BadRequestError, "invalid request"),
    (401, sdk.UnauthorizedError, "invalid api token"),
    (402, ApiError, "payment method"),
    (403, sdk.ForbiddenError, "does not have access"),
    (404, sdk.NotFoundError, "could not be found"),
    (422, sdk.UnprocessableEntityError, "unprocessable entity"),
    (429, sdk.TooManyRequestsError, "request limit"),
    (498, sdk.InvalidTokenError, "blocked output"),
    (499, sdk.ClientClosedRequestError, "cancelled"),
    (500, sdk.InternalServerError, "internal server error"),
    (501, sdk.NotImplementedError, "not implemented"),
    (503, sdk.ServiceUnavailableError, "overloaded"),
    (504, sdk.GatewayTimeoutError, "timed out"),
]


@both
@pytest.mark.parametrize(("status", "raised", "words"), ERRORS)
async def test_each_error_is_the_sdks_own_exception(
    cohere: AsyncClientV2, command: Vendor, stream: bool, status: int, raised: type[ApiError], words: str
) -> None:
    command.set(None, failing(ErrorStatus(status=status, retry_after=1.5)))
    with pytest.raises(raised) as caught:
        await ask(cohere, stream=stream, request_options={"max_retries": 0})
    error = caught.value
    assert (error.status_code, (error.headers or {})["retry-after"]) == (status, "2")
    assert words in error.body["message"]
    assert len(error.body["id"]) == 36


async def test_an_error_in_a_stream_ends_the_message(cohere: AsyncClientV2, command: Vendor) -> None:
    command.set(None, failing(ErrorEvent(after_chunks=2, message="gone wrong")))
    answer = await ask(cohere, stream=True)
    assert (said(answer), answer["finish_reason"], answer["error"]) == (
        "command/command-a heard:",
        "ERROR",
        "gone wrong",
    )


async def test_a_key_that_is_not_known_is_refused(cohere: AsyncClientV2, command: Vendor) -> None:
    command.access = Access(keys=frozenset({"another"}))
    with pytest.raises(sdk.UnauthorizedError, match="invalid api token"):
        await ask(cohere)


async def test_a_prompt_over_the_context_window_is_refused_in_the_vendors_words(
    cohere: AsyncClientV2, command: Vendor
) -> None:
    command.set(None, Behaviour(context_window=15))
    with pytest.raises(
        sdk.BadRequestError, match="too many tokens: total number of tokens in the prompt cannot exceed 15"
    ):
        await ask(cohere)
