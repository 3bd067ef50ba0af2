"""Answers of a vendor of Gemini's dialect, as Google's own SDK reads them, from the Gemini API and from Vertex AI."""

import json
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from simulator import Behaviour, ContentFilter, Filtered, Vendor
from tests.integration.simulator.clients import both, failing
from tests.integration.simulator.gemini.asking import (
    ASKED,
    CLOCK,
    NEW,
    OLD,
    WEATHER,
    ask,
    calls,
    chunks,
    finish,
    parts,
    sdk,
    spent,
    text,
    tools,
)

any_model = pytest.mark.parametrize("model", [OLD, NEW])
USER = types.Content(role="user", parts=[types.Part(text=ASKED)])


def turns(*contents: types.Content) -> list[types.Content]:
    return [USER, *contents]


def responses(answer: types.GenerateContentResponse, **said: Any) -> types.Content:
    """What functions answered to the calls in an answer, in their order."""
    given = [part.function_call for part in parts(answer) if part.function_call]
    return types.Content(
        role="user",
        parts=[
            types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response=response))
            for call, response in zip(given, said.values(), strict=True)
        ],
    )


@both
async def test_an_answer_has_the_vendors_words_and_their_count(google: genai.Client, stream: bool) -> None:
    answer = await ask(google, stream=stream)
    assert text(answer).startswith(f"gem/{OLD} heard: one two three")
    assert (finish(answer), answer.model_version, bool(answer.response_id)) == ("STOP", OLD, True)
    # 39 characters: 3 + 3 + 10.
    assert spent(answer) == (16, 16, None, 32)


async def test_the_chunks_of_a_stream_count_what_came_so_far(google: genai.Client) -> None:
    came = await chunks(google)
    assert "".join(text(chunk) for chunk in came) == text(await ask(google))
    assert [spent(chunk)[1] for chunk in came] == [*range(1, 17), 16]
    assert {chunk.response_id for chunk in came} == {came[0].response_id}
    assert [finish(chunk) for chunk in came] == [""] * 16 + ["STOP"]


@both
async def test_an_answer_ends_at_its_limit(google: genai.Client, stream: bool) -> None:
    answer = await ask(google, stream=stream, max_output_tokens=3)
    assert (text(answer), finish(answer), spent(answer)[1]) == (f"gem/{OLD} heard: one", "MAX_TOKENS", 3)


@both
async def test_an_answer_ends_before_a_stop_sequence(google: genai.Client, stream: bool) -> None:
    answer = await ask(google, stream=stream, stop_sequences=["never", "thr"])
    assert (text(answer), finish(answer)) == (f"gem/{OLD} heard: one two ", "STOP")


@both
async def test_a_begun_answer_goes_on(google: genai.Client, stream: bool) -> None:
    begun = types.Content(role="model", parts=[types.Part(text=f"gem/{OLD} heard: one tw")])
    assert text(await ask(google, turns(begun), stream=stream)).startswith("o three four")


@both
async def test_a_begun_answer_may_be_repeated_ignored_or_refused(
    google: genai.Client, gem: Vendor, stream: bool
) -> None:
    whole = text(await ask(google))
    begun = turns(types.Content(role="model", parts=[types.Part(text=whole[:40])]))
    for prefill in ("repeats", "ignores"):
        gem.set(None, Behaviour.model_validate({"prefill": prefill}))
        assert text(await ask(google, begun, stream=stream)) == whole
    gem.set(None, Behaviour(prefill="refuses"))
    with pytest.raises(errors.ClientError, match="end with a user role"):
        await ask(google, begun, stream=stream)


@both
async def test_a_filtered_answer_says_so(google: genai.Client, gem: Vendor, stream: bool) -> None:
    gem.set(None, failing(Filtered(after_chunks=2)))
    answer = await ask(google, stream=stream)
    assert (text(answer), finish(answer)) == (f"gem/{OLD} heard:", "SAFETY")
    assert answer.candidates
    assert [rating.blocked for rating in answer.candidates[0].safety_ratings or ()] == [True]


@both
async def test_a_prompt_that_is_blocked_has_no_candidates(google: genai.Client, gem: Vendor, stream: bool) -> None:
    gem.set(None, failing(ContentFilter()))
    answer = (await chunks(google))[-1] if stream else await ask(google)
    assert answer.candidates is None
    assert answer.prompt_feedback is not None
    assert answer.prompt_feedback.block_reason is types.BlockedReason.PROHIBITED_CONTENT
    assert spent(answer) == (16, None, None, 16)


@both
async def test_unicode_and_quotes_survive(google: genai.Client, stream: bool) -> None:
    asked = 'schön "quoted" \\ 🌊 日本'
    answer = await ask(google, asked, stream=stream)
    assert text(answer).startswith(f"gem/{OLD} heard: {asked}")


@both
@any_model
async def test_a_function_that_must_be_called_is_called_as_its_schema_says(
    google: genai.Client, stream: bool, model: str
) -> None:
    choice = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.ANY, allowed_function_names=["weather"])
    answer = await ask(
        google,
        stream=stream,
        model=model,
        tools=tools(CLOCK, WEATHER),
        tool_config=types.ToolConfig(function_calling_config=choice),
    )
    ((name, given),) = calls(answer)
    assert (name, finish(answer)) == ("weather", "STOP")
    assert given is not None
    assert given["days"] == 1
    assert given["place"].startswith(f"gem/{model} heard: one")
    (part,) = parts(answer)
    assert part.function_call is not None
    assert (part.function_call.id is not None, part.thought_signature is not None) == (model == NEW,) * 2


@both
async def test_several_functions_are_called_at_once(google: genai.Client, gem: Vendor, stream: bool) -> None:
    gem.set(None, Behaviour(answer="tool_calls", answer_tokens=4))
    answer = await ask(google, stream=stream, model=NEW, tools=tools(WEATHER, CLOCK))
    assert calls(answer) == [
        ("weather", {"place": f"gem/{NEW} heard: one two", "days": 1}),
        ("clock", {"answer": f"gem/{NEW}#2 heard: one two"}),
    ]
    # Of several calls at once the first is signed, for all of them.
    assert [part.thought_signature is not None for part in parts(answer)] == [True, False]
    assert len({part.function_call.id for part in parts(answer) if part.function_call}) == 2
    none = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode.NONE)
    told = types.ToolConfig(function_calling_config=none)
    assert calls(await ask(google, stream=stream, tools=tools(WEATHER), tool_config=told)) == []


@both
@any_model
async def test_what_functions_said_is_answered_in_words(
    google: genai.Client, gem: Vendor, stream: bool, model: str
) -> None:
    gem.set(None, Behaviour(answer="tool_calls"))
    first = await ask(google, stream=stream, model=model, tools=tools(WEATHER, CLOCK))
    assert first.candidates
    assert first.candidates[0].content
    given = responses(first, a={"output": "rain today"}, b={"time": 12})
    conversation = turns(first.candidates[0].content, given)
    answer = await ask(google, conversation, stream=stream, model=model, tools=tools(WEATHER, CLOCK))
    assert (calls(answer), finish(answer)) == ([], "STOP")
    assert text(answer).startswith(f'gem/{model} heard: rain today {{"time":12}}')


@both
@pytest.mark.parametrize("kind", ["response_schema", "response_json_schema"])
async def test_an_answer_follows_the_schema_that_is_asked_for(google: genai.Client, stream: bool, kind: str) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "mood": {"type": "string", "enum": ["good", "bad"]},
            "why": {"type": "string"},
            "sure": {"type": "array", "items": {"type": "boolean"}, "minItems": 2},
        },
        "required": ["mood", "why", "sure"],
    }
    answer = await ask(google, stream=stream, response_mime_type="application/json", **{kind: schema})
    told = json.loads(text(answer))
    assert (told["mood"], told["sure"], told["why"][: len(OLD) + 11]) == ("good", [True, True], f"gem/{OLD} heard:")


@both
async def test_a_thought_comes_first_and_is_counted_beside_the_answer(google: genai.Client, stream: bool) -> None:
    thinking = types.ThinkingConfig(include_thoughts=True, thinking_budget=1024)
    answer = await ask(google, stream=stream, thinking_config=thinking)
    assert "".join(part.text or "" for part in parts(answer) if part.thought) == "Asked: one two three four five"
    assert text(answer).startswith(f"gem/{OLD} heard: one")
    assert spent(answer) == (16, 16, 6, 38)
    kept_back = await ask(google, stream=stream, thinking_config=types.ThinkingConfig(thinking_budget=1024))
    assert [part.thought for part in parts(kept_back) if part.thought] == []
    assert spent(kept_back) == (16, 16, 6, 38)
    none = await ask(google, stream=stream, thinking_config=types.ThinkingConfig(thinking_budget=0))
    assert spent(none) == (16, 16, None, 32)


async def test_several_candidates_are_told_apart_and_all_counted(google: genai.Client, gem: Vendor) -> None:
    gem.set(None, Behaviour(answer_tokens=3))
    answer = await ask(google, candidate_count=2)
    assert [text(answer, index) for index in (0, 1)] == [f"gem/{OLD} heard: one", f"gem/{OLD}#2 heard: one"]
    assert spent(answer) == (16, 6, None, 22)
    came = await chunks(google, candidate_count=2)
    by_index = ["", ""]
    for chunk in came:
        for candidate in chunk.candidates or ():
            by_index[candidate.index or 0] += text(chunk)
    assert by_index == [f"gem/{OLD} heard: one", f"gem/{OLD}#2 heard: one"]
    assert [finish(chunk) for chunk in came] == [""] * 6 + ["STOP"] * 2


@both
async def test_images_are_counted(google: genai.Client, stream: bool) -> None:
    inline = types.Part.from_bytes(data=b"\x89PNG", mime_type="image/png")
    elsewhere = types.Part.from_uri(file_uri="https://example.com/a.jpg", mime_type="image/jpeg")
    answer = await ask(google, [inline, elsewhere, ASKED], stream=stream)
    assert (spent(answer)[0], text(answer)[: len(OLD) + 15]) == (16 + 2 * 85, f"gem/{OLD} heard: one")
    assert answer.usage_metadata is not None
    details = answer.usage_metadata.prompt_tokens_details or []
    assert [(each.modality, each.token_count) for each in details] == [
        (types.MediaModality.TEXT, 16),
        (types.MediaModality.IMAGE, 170),
    ]


async def test_the_beginning_of_a_long_prompt_is_read_from_the_cache(google: genai.Client) -> None:
    system = "x" * 4096
    used = [(await ask(google, stream=number > 0, system_instruction=system)).usage_metadata for number in range(2)]
    # The system prompt: 3 + 3 + 1024; the message 3 + 10.
    assert [(each.prompt_token_count, each.cached_content_token_count) for each in used if each] == [
        (1043, None),
        (1043, 1043),
    ]
    other = (await ask(google, "another", system_instruction=system)).usage_metadata
    assert other is not None
    assert other.cached_content_token_count == 1030


async def test_the_size_of_a_prompt_can_be_asked_for(google: genai.Client, gem: Vendor) -> None:
    counted = await google.aio.models.count_tokens(model=OLD, contents=ASKED)
    assert counted.total_tokens == 16
    assert gem.calls == ()


async def test_the_size_of_a_prompt_has_its_instructions_and_tools_in_it(gem: Vendor) -> None:
    client = sdk(gem, "vertex")
    fields: dict[str, Any] = {"system_instruction": "be brief", "tools": tools(WEATHER)}
    counted = await client.aio.models.count_tokens(model=OLD, contents=ASKED, config=types.CountTokensConfig(**fields))
    assert counted.total_tokens == spent(await ask(client, **fields))[0]
    assert (counted.total_tokens or 0) > 16
    await client.aio.aclose()


@pytest.mark.parametrize("model", ["gemini-embedding-001", "text-embedding-005"])
async def test_texts_become_vectors(google: genai.Client, model: str) -> None:
    asked = types.EmbedContentConfig(output_dimensionality=8, task_type="RETRIEVAL_QUERY")
    told = await google.aio.models.embed_content(model=model, contents=["one", "two"], config=asked)
    vectors = [each.values or [] for each in told.embeddings or ()]
    assert [len(each) for each in vectors] == [8, 8]
    assert vectors[0] != vectors[1]
    assert sum(number * number for number in vectors[0]) == pytest.approx(1)
    again = await google.aio.models.embed_content(model=model, contents="two", config=asked)
    assert [each.values for each in again.embeddings or ()] == [vectors[1]]
    whole = await google.aio.models.embed_content(model=model, contents="two")
    assert [len(each.values or ()) for each in whole.embeddings or ()] == [3072]


async def test_models_are_listed_in_pages_and_shown(google: genai.Client, gem: Vendor, surface: str) -> None:
    prefix = "models/" if surface == "gemini" else "publishers/google/models/"
    listed = [model.name async for model in await google.aio.models.list()]
    assert listed == [f"{prefix}gem-small", f"{prefix}gem-large"]
    paged = await google.aio.models.list(config={"page_size": 1})
    assert [len(paged.page), [model.name async for model in paged]] == [1, listed]
    assert (await google.aio.models.get(model="gem-large")).name == f"{prefix}gem-large"
