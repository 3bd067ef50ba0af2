"""Azure OpenAI: asked as openai-python asks it, its own words passed on, its errors understood."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.clock import VirtualClock
from resilience.errors import Failure, Reason
from services.providers.adapters.vendors import known_vendors
from services.providers.application.ports import Dialect
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.provider import ProviderDefinition
from tests.unit.providers.reading import answered

RESOURCE = "https://name.openai.azure.com"
AZURE = known_vendors(max_event=100_000, now=VirtualClock().now)["azure"]
CHAT = CallerDialect.OPENAI_CHAT

ASKS: dict[CallerDialect, Callable[[openai.OpenAI, str], object]] = {
    CHAT: lambda client, name: client.chat.completions.create(model=name, messages=[{"role": "user", "content": "Hi"}]),
    CallerDialect.OPENAI_COMPLETIONS: lambda client, name: client.completions.create(model=name, prompt="Hi"),
    CallerDialect.OPENAI_EMBEDDINGS: lambda client, name: client.embeddings.create(model=name, input="Hi"),
    CallerDialect.OPENAI_RESPONSES: lambda client, name: client.responses.create(model=name, input="Hi", store=False),
}


def spoken(caller: CallerDialect = CHAT, version: str = "") -> tuple[str, Dialect]:
    vendor = AZURE.of(ProviderDefinition("acme", "main", "azure", RESOURCE, (), api_version=version))
    return vendor.base_url, vendor.spoken_to(caller)


def asked(
    dialect: Dialect, body: bytes, caller: CallerDialect = CHAT, *, model: str = "dep", stream: bool = False
) -> Any:
    return dialect.request(Envelope("r", 1, "acme", "main", model, body, "", None, "", caller), stream=stream)


@pytest.mark.parametrize("model", ["gpt-5-mini", "my deployment/1"])
@pytest.mark.parametrize("version", ["", "preview", "2024-10-21", "2025-04-01-preview"])
@pytest.mark.parametrize("caller", ASKS)
def test_it_is_asked_where_and_as_openai_s_own_sdk_asks_it(caller: CallerDialect, version: str, model: str) -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(400, json={})

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    client: openai.OpenAI
    if version[:1].isdigit():
        client = openai.AzureOpenAI(azure_endpoint=RESOURCE, api_version=version, api_key="key", http_client=http)
    else:
        query = {"api-version": version} if version else {}
        client = openai.OpenAI(base_url=f"{RESOURCE}/openai/v1/", api_key="key", http_client=http, default_query=query)
    with pytest.raises(openai.APIStatusError):
        ASKS[caller](client, model)
    (request,) = seen
    base, dialect = spoken(caller, version)
    ours = asked(dialect, request.content, caller, model=model)
    assert base + ours.path == str(request.url)
    assert json.loads(ours.body) == json.loads(request.content)
    assert dialect.authenticate("key", base, b"") == (("api-key", "key"),)


@pytest.mark.parametrize("model", [".", "..", ""])
def test_a_deployment_s_name_leads_nowhere_else(model: str) -> None:
    with pytest.raises(Failure) as refused:
        asked(spoken(version="2024-10-21")[1], b'{"messages":[]}', model=model)
    assert refused.value.reason is Reason.INVALID_REQUEST


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=5), st.sampled_from(["", "2024-10-21"]))
def test_all_that_a_caller_says_reaches_it_but_for_the_model(said: dict[str, Any], version: str) -> None:
    said |= {"model": "dep", "messages": [{"role": "user", "content": "Hi"}]}
    said.pop("stream", None)
    body = json.dumps(said).encode()
    assert asked(spoken(version=version)[1], body).body == body


FILTERS = {"hate": {"filtered": False, "severity": "safe"}, "jailbreak": {"filtered": False, "detected": False}}
PROMPT = [{"prompt_index": 0, "content_filter_results": FILTERS}]
BEGUN = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5-mini"}
CHUNKS: list[dict[str, Any]] = [
    # learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming: the prompt's first, without an id.
    {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": PROMPT},
    {**BEGUN, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}]},
    {
        **BEGUN,
        "choices": [
            {"index": 0, "delta": {"content": " 🌊"}, "finish_reason": None, "content_filter_results": FILTERS},
        ],
    },
    {**BEGUN, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "content_filter_results": {}}]},
    # An asynchronous filter's word comes without a delta, and may come after the end.
    {
        **BEGUN,
        "id": "",
        "choices": [
            {
                "index": 0,
                "finish_reason": None,
                "content_filter_results": FILTERS,
                "content_filter_offsets": {"check_offset": 0, "start_offset": 0, "end_offset": 5},
            }
        ],
    },
    {**BEGUN, "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}},
]
EVENTS = [json.dumps(chunk, ensure_ascii=False).encode() for chunk in CHUNKS]
STREAM = b"".join(b"data: " + event + b"\n\n" for event in (*EVENTS, b"[DONE]"))
ASKED = b'{"messages":[{"role":"user","content":"Hi"}],"max_tokens":9,"stream_options":{"include_usage":true}}'


@pytest.mark.parametrize("size", [1, 7, len(STREAM)])
def test_what_its_filters_say_reaches_openai_s_callers(size: int) -> None:
    _, dialect = spoken()
    decoder = dialect.decoder(asked(dialect, ASKED, stream=True))
    frames = [frame for at in range(0, len(STREAM), size) for frame in decoder.feed(STREAM[at : at + size])]
    assert [frame.data for frame in frames if frame.data] == EVENTS
    assert "".join(frame.text for frame in frames) == "Hi 🌊"
    assert [frame.finish_reason for frame in frames if frame.finish_reason] == ["stop"]
    assert frames[-1].end


def test_anthropic_s_callers_are_answered_in_their_order() -> None:
    _, dialect = spoken(CallerDialect.ANTHROPIC_MESSAGES)
    decoder = dialect.decoder(asked(dialect, ASKED, CallerDialect.ANTHROPIC_MESSAGES, stream=True))
    events = [json.loads(frame.data) for frame in decoder.feed(STREAM) if frame.data]
    assert [event["type"] for event in events] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert (events[0]["message"]["id"], events[0]["message"]["model"]) == ("chatcmpl-1", "gpt-5-mini")


def test_a_whole_answer_passes_with_what_its_filters_say() -> None:
    message = {"role": "assistant", "content": "Hi"}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "content_filter_results": FILTERS}
    body = json.dumps({"id": "x", "choices": [choice], "prompt_filter_results": PROMPT}, indent=1).encode()
    assert answered(spoken()[1], body).body == body


FILTERED = {
    "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    "type": None,
    "param": "prompt",
    "code": "content_filter",
    "status": 400,
    "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": FILTERS},
}
NO_DEPLOYMENT = {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}
NO_OPERATION = {"code": "OperationNotSupported", "message": "The chatCompletion operation does not work with it."}
LIMITED = {"code": "429", "message": "Requests have exceeded call rate limit of your current OpenAI S0 pricing tier."}
BAD_KEY = {"code": "401", "message": "Access denied due to invalid subscription key or wrong API endpoint."}
NO_ROLE = {"code": "PermissionDenied", "message": "Principal does not have access to API/Operation."}

ERRORS = [
    (400, FILTERED, Reason.CONTENT_FILTERED),
    (400, {**FILTERED, "code": None}, Reason.CONTENT_FILTERED),
    (404, NO_DEPLOYMENT, Reason.VENDOR_MODEL_NOT_FOUND),
    (400, NO_OPERATION, Reason.UNSUPPORTED_BY_TARGET),
    (429, LIMITED, Reason.VENDOR_RATE_LIMITED),
    (401, BAD_KEY, Reason.VENDOR_AUTHENTICATION),
    (401, NO_ROLE, Reason.VENDOR_AUTHENTICATION),
    (400, {"code": "context_length_exceeded", "message": "too long"}, Reason.CONTEXT_LENGTH_EXCEEDED),
    (408, {"code": "Timeout", "message": "The operation was timeout."}, Reason.VENDOR_TIMEOUT),
    (500, {"code": "InternalServerError", "message": "Backend returned unexpected response."}, Reason.VENDOR_ERROR),
    (503, {"code": "ServiceUnavailable", "message": "try again later"}, Reason.VENDOR_OVERLOADED),
]


@pytest.mark.parametrize("caller", [*ASKS, CallerDialect.ANTHROPIC_MESSAGES])
@pytest.mark.parametrize(("status", "error", "reason"), ERRORS)
def test_its_errors_are_understood(status: int, error: dict[str, Any], reason: Reason, caller: CallerDialect) -> None:
    body = json.dumps({"error": error}).encode()
    assert spoken(caller)[1].reason(status, body, lambda _: "") is reason
