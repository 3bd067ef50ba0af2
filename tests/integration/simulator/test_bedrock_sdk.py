"""Answers and errors of a vendor of Bedrock's dialect, as boto3 reads them."""

import asyncio
import base64
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EventStreamError

from simulator import Access, Behaviour, ErrorEvent, ErrorStatus, Filtered, Vendor
from tests.integration.simulator.bedrock import (
    ACCESS_KEY,
    ASKED,
    MESSAGES,
    MODEL,
    SECRET,
    ask,
    boto,
    calls,
    content,
    events,
    said,
)
from tests.integration.simulator.clients import both, failing
from tests.stack.eventually import eventually

WEATHER = {
    "toolSpec": {
        "name": "weather",
        "description": "The weather at a place.",
        "inputSchema": {
            "json": {"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer"}}}
        },
    }
}
CLOCK = {"toolSpec": {"name": "clock", "inputSchema": {"json": {"type": "object"}}}}
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3"


@both
async def test_a_message_has_the_vendors_words_and_their_count(bedrock: Any, stream: bool) -> None:
    answer = await ask(bedrock, stream=stream)
    assert said(answer).startswith(f"rock/{MODEL} heard: one two three")
    assert (answer["output"]["message"]["role"], answer["stopReason"]) == ("assistant", "end_turn")
    # 39 characters: 3 + 3 + 10.
    assert answer["usage"] == {
        "inputTokens": 16,
        "outputTokens": 16,
        "totalTokens": 32,
        "cacheReadInputTokens": 0,
        "cacheWriteInputTokens": 0,
    }
    assert answer["metrics"] == {"latencyMs": 16}


async def test_the_text_of_a_stream_is_that_of_the_plain_answer(bedrock: Any) -> None:
    deltas = [event["contentBlockDelta"] for event in await events(bedrock) if "contentBlockDelta" in event]
    assert len(deltas) == 16
    assert "".join(delta["delta"]["text"] for delta in deltas) == said(await ask(bedrock))


@both
async def test_a_model_may_be_an_arn(bedrock: Any, rock: Vendor, stream: bool) -> None:
    rock.access = rock.access.model_copy(update={"models": (ARN,)})
    assert said(await ask(bedrock, stream=stream, model=ARN)).startswith(f"rock/{ARN} heard:")
    assert rock.calls[-1].model == ARN
    with pytest.raises(ClientError, match="The provided model identifier is invalid") as caught:
        await ask(bedrock, stream=stream)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@both
async def test_an_answer_ends_at_its_limit(bedrock: Any, stream: bool) -> None:
    answer = await ask(bedrock, stream=stream, inferenceConfig={"maxTokens": 3})
    assert (said(answer), answer["stopReason"]) == (f"rock/{MODEL} heard: one", "max_tokens")
    assert answer["usage"]["outputTokens"] == 3


@both
async def test_an_answer_ends_before_a_stop_sequence_and_names_it_where_asked(bedrock: Any, stream: bool) -> None:
    config = {"stopSequences": ["never", " thr"]}
    answer = await ask(
        bedrock, stream=stream, inferenceConfig=config, additionalModelResponseFieldPaths=["/stop_sequence"]
    )
    assert (said(answer), answer["stopReason"]) == (f"rock/{MODEL} heard: one two", "stop_sequence")
    assert answer["additionalModelResponseFields"] == {"stop_sequence": " thr"}
    assert "additionalModelResponseFields" not in await ask(bedrock, stream=stream, inferenceConfig=config)


@both
async def test_a_begun_answer_goes_on(bedrock: Any, stream: bool) -> None:
    begun = [*MESSAGES, {"role": "assistant", "content": [{"text": f"rock/{MODEL} heard: one tw"}]}]
    assert said(await ask(bedrock, stream=stream, messages=begun)).startswith("o three four")


@both
async def test_a_begun_answer_that_is_whole_ends_without_content(bedrock: Any, rock: Vendor, stream: bool) -> None:
    rock.set(None, Behaviour(answer_tokens=3))
    begun = [*MESSAGES, {"role": "assistant", "content": [{"text": f"rock/{MODEL} heard: one"}]}]
    answer = await ask(bedrock, stream=stream, messages=begun)
    assert (content(answer), answer["stopReason"], answer["usage"]["outputTokens"]) == ([], "end_turn", 0)


@both
async def test_a_filtered_answer_says_whether_a_guardrail_did_it(bedrock: Any, rock: Vendor, stream: bool) -> None:
    rock.set(None, failing(Filtered(after_chunks=2)))
    answer = await ask(bedrock, stream=stream)
    assert (said(answer), answer["stopReason"]) == (f"rock/{MODEL} heard:", "content_filtered")
    guarded = {"guardrailIdentifier": "g1", "guardrailVersion": "1"}
    assert (await ask(bedrock, stream=stream, guardrailConfig=guarded))["stopReason"] == "guardrail_intervened"


@both
async def test_unicode_and_quotes_survive(bedrock: Any, stream: bool) -> None:
    asked = 'schön "quoted" \\ 🌊 日本'
    answer = await ask(bedrock, stream=stream, messages=[{"role": "user", "content": [{"text": asked}]}])
    assert said(answer).startswith(f"rock/{MODEL} heard: {asked}")


@both
@pytest.mark.parametrize("choice", [{"any": {}}, {"tool": {"name": "weather"}}])
async def test_a_tool_that_must_be_used_is_used_as_its_schema_says(bedrock: Any, stream: bool, choice: Any) -> None:
    answer = await ask(bedrock, stream=stream, toolConfig={"tools": [WEATHER, CLOCK], "toolChoice": choice})
    (call,) = calls(answer)
    assert (answer["stopReason"], call["name"], call["toolUseId"][:8]) == ("tool_use", "weather", "tooluse_")
    assert call["input"]["days"] == 1
    assert str(call["input"]["place"]).startswith(f"rock/{MODEL} heard: one")


@both
async def test_several_tools_are_used_at_once_and_their_results_answered(
    bedrock: Any, rock: Vendor, stream: bool
) -> None:
    rock.set(None, Behaviour(answer="tool_calls", answer_tokens=4))
    tools = {"tools": [WEATHER, CLOCK]}
    first = await ask(bedrock, stream=stream, toolConfig=tools)
    several = calls(first)
    assert [(call["name"], call["input"]) for call in several] == [
        ("weather", {"place": f"rock/{MODEL} heard: one two", "days": 1}),
        ("clock", {"answer": f"rock/{MODEL}#2 heard: one two"}),
    ]
    assert len({call["toolUseId"] for call in several}) == 2
    results = [
        {"toolResult": {"toolUseId": call["toolUseId"], "content": [{"text": f"result {number}"}]}}
        for number, call in enumerate(several)
    ]
    turns = [*MESSAGES, first["output"]["message"], {"role": "user", "content": results}]
    rock.set(None, Behaviour(answer="tool_calls"))
    answer = await ask(bedrock, stream=stream, toolConfig=tools, messages=turns)
    assert answer["stopReason"] == "end_turn"
    assert said(answer).startswith(f"rock/{MODEL} heard: result 0 result 1")


@both
async def test_an_answer_follows_the_schema_that_is_asked_for(bedrock: Any, stream: bool) -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["good", "bad"]}, "why": {"type": "string"}, "sure": {"type": "boolean"}},
        "required": ["mood", "why", "sure"],
    }
    form = {"type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(schema), "name": "m"}}}
    told = json.loads(said(await ask(bedrock, stream=stream, outputConfig={"textFormat": form})))
    assert (told["mood"], told["sure"]) == ("good", True)
    assert told["why"].startswith(f"rock/{MODEL} heard: ")


@both
@pytest.mark.parametrize(
    "how",
    [
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"thinking": {"type": "adaptive"}},
        {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}},
        {"reasoning_effort": "high"},
    ],
)
async def test_a_thought_comes_first_with_a_signature_that_is_taken_back(
    bedrock: Any, stream: bool, how: dict[str, Any]
) -> None:
    answer = await ask(bedrock, stream=stream, additionalModelRequestFields=how)
    thought, text = content(answer)
    told = thought["reasoningContent"]["reasoningText"]
    assert (told["text"], bool(told["signature"])) == ("Asked: one two three four five", True)
    assert text["text"].startswith(f"rock/{MODEL} heard: one")
    assert answer["usage"]["outputTokens"] == 16 + 6
    turns = [*MESSAGES, answer["output"]["message"], {"role": "user", "content": [{"text": "and?"}]}]
    assert said(await ask(bedrock, messages=turns)).startswith(f"rock/{MODEL} heard: and?")
    told["text"] = "Something else"
    with pytest.raises(ClientError, match=r"messages\.1\.content\.0: Invalid `signature` in `thinking` block"):
        await ask(bedrock, messages=turns)


async def test_a_second_identical_prefix_is_read_from_the_cache(bedrock: Any) -> None:
    system = [{"text": "x" * 400}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
    tools = {"tools": [CLOCK, {"cachePoint": {"type": "default"}}]}
    usages = [(await ask(bedrock, stream=number == 1, system=system, toolConfig=tools))["usage"] for number in range(2)]
    # The tool: 3 + 3 + 6; the system prompt: 3 + 100; the message 3 + 10.
    assert [
        (usage["inputTokens"], usage["cacheWriteInputTokens"], usage["cacheReadInputTokens"], usage["totalTokens"])
        for usage in usages
    ] == [(13, 115, 0, 144), (13, 0, 115, 144)]
    assert usages[0]["cacheDetails"] == [{"ttl": "1h", "inputTokens": 103}, {"ttl": "5m", "inputTokens": 12}]


async def test_images_and_documents_are_counted(bedrock: Any) -> None:
    image = {"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}
    pdf = {"document": {"format": "pdf", "name": "a", "source": {"bytes": b"%PDF"}}}
    words = {"document": {"format": "txt", "name": "b", "source": {"bytes": b"x" * 40}}}
    usage = [
        (await ask(bedrock, messages=[{"role": "user", "content": [block, {"text": ASKED}]}]))["usage"]["inputTokens"]
        for block in (image, pdf, words)
    ]
    assert usage == [16 + 85, 16 + 85, 16 + 10]


ERRORS: list[tuple[int, str]] = [
    (400, "ValidationException"),
    (401, "UnrecognizedClientException"),
    (403, "AccessDeniedException"),
    (404, "ResourceNotFoundException"),
    (408, "ModelTimeoutException"),
    (424, "ModelErrorException"),
    (429, "ThrottlingException"),
    (500, "InternalServerException"),
    (503, "ServiceUnavailableException"),
]


@both
@pytest.mark.parametrize(("status", "kind"), ERRORS)
async def test_each_error_is_the_sdks_own_exception(
    bedrock: Any, rock: Vendor, stream: bool, status: int, kind: str
) -> None:
    rock.set(None, failing(ErrorStatus(status=status, retry_after=1.5)))
    with pytest.raises(getattr(bedrock.exceptions, kind, ClientError)) as caught:
        await ask(bedrock, stream=stream)
    told = caught.value.response
    assert told["Error"]["Code"] == kind
    assert told["Error"]["Message"]
    metadata = told["ResponseMetadata"]
    assert (metadata["HTTPStatusCode"], metadata["HTTPHeaders"]["retry-after"]) == (status, "2")
    assert len(metadata["RequestId"]) == 36


async def test_an_error_says_what_it_was_told_to_say(bedrock: Any, rock: Vendor) -> None:
    rock.set(None, failing(ErrorStatus(status=429, type="ModelNotReadyException", message="still warming up")))
    with pytest.raises(bedrock.exceptions.ModelNotReadyException, match="still warming up"):
        await ask(bedrock)


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        (ErrorEvent(after_chunks=2), "serviceUnavailableException", "Bedrock is unable to process your request."),
        (ErrorEvent(after_chunks=2, type="ThrottlingException", message="slow"), "throttlingException", "slow"),
        (ErrorEvent(after_chunks=2, type="modelStreamErrorException"), "modelStreamErrorException", "Bedrock"),
    ],
)
async def test_an_exception_in_a_stream_is_raised_after_what_came_before(
    bedrock: Any, rock: Vendor, fault: ErrorEvent, kind: str, message: str
) -> None:
    rock.set(None, failing(fault))
    heard: list[Any] = []

    def hear() -> None:
        for event in bedrock.converse_stream(modelId=MODEL, messages=MESSAGES)["stream"]:
            heard.append(event)  # noqa: PERF402 - what came before the error is kept

    with pytest.raises(EventStreamError, match=message) as caught:
        await asyncio.to_thread(hear)
    assert caught.value.response["Error"]["Code"] == kind
    assert [next(iter(event)) for event in heard] == ["messageStart", "contentBlockDelta", "contentBlockDelta"]


@both
async def test_a_wrong_secret_and_an_unknown_key_are_refused(rock: Vendor, stream: bool) -> None:
    for client, kind, message in (
        (boto(rock, secret="another"), "InvalidSignatureException", "The request signature we calculated does not"),
        (boto(rock, access_key="AKIAANOTHER000000001"), "UnrecognizedClientException", "The security token included"),
        (boto(rock, token="unasked"), "UnrecognizedClientException", "The security token included"),
    ):
        with pytest.raises(ClientError, match=message) as caught:
            await ask(client, stream=stream)
        assert caught.value.response["Error"]["Code"] == kind
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


async def test_a_key_for_a_time_comes_with_its_token(rock: Vendor) -> None:
    rock.access = Access(keys=frozenset({f"{ACCESS_KEY}:{SECRET}:to/ken=="}))
    assert said(await ask(boto(rock, token="to/ken==")))
    for token in (None, "another"):
        with pytest.raises(ClientError, match="security token"):
            await ask(boto(rock, token=token))


async def test_where_no_keys_are_named_any_will_do(rock: Vendor) -> None:
    rock.access = Access()
    assert said(await ask(boto(rock, access_key="AKIAANOTHER000000001", secret="another", token="any")))


async def test_a_prompt_over_the_context_window_is_refused_in_the_vendors_words(bedrock: Any, rock: Vendor) -> None:
    rock.set(None, Behaviour(context_window=15))
    with pytest.raises(bedrock.exceptions.ValidationException, match="Input is too long for requested model"):
        await ask(bedrock)


async def test_a_full_vendor_throttles(bedrock: Any, rock: Vendor) -> None:
    rock.set(None, Behaviour(slots=1, queue=0, full=429, first_byte=30))
    waiting = asyncio.create_task(ask(bedrock))
    await eventually(lambda: bool(rock.calls))
    with pytest.raises(bedrock.exceptions.ThrottlingException):
        await ask(bedrock)
    await rock.down()
    with pytest.raises(ConnectionClosedError):
        await waiting


async def test_bytes_in_a_request_arrive_as_they_were_sent(bedrock: Any, rock: Vendor) -> None:
    data = bytes(range(256))
    image = {"image": {"format": "gif", "source": {"bytes": data}}}
    await ask(bedrock, messages=[{"role": "user", "content": [image]}])
    body = json.loads(rock.calls[-1].body or b"")
    assert base64.b64decode(body["messages"][0]["content"][0]["image"]["source"]["bytes"]) == data
