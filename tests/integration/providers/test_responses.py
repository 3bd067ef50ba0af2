"""OpenAI's responses through the service: of OpenAI itself as they are, of a vendor of chats translated."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from resilience.errors import Reason
from seawall.providers.v1 import provider_pb2 as pb
from services.providers.domain.answer import Usage
from services.providers.domain.reply import Began, Finish, Finished, TextAdded, UsageTold
from simulator import Vendor
from tests.integration.providers.raw_vendor import EVENTS, RawVendor, whole
from tests.integration.providers.service import Client, Configuration, provider, running, serving, texts
from tests.unit.providers.responses.world import streamed

RESPONSES = pb.DIALECT_OPENAI_RESPONSES
ASKED = json.dumps({"model": "chat", "input": "one two"}).encode()
STREAM = [
    json.dumps(event).encode()
    for event in streamed(
        Began("", "m"), TextAdded("Hel"), TextAdded("lo"), UsageTold(Usage(10, 5)), Finished(Finish("stop"))
    )
]


def sse(*events: bytes) -> list[bytes]:
    return [EVENTS, *(b"event: any\ndata: " + event + b"\n\n" for event in events)]


@pytest.fixture(name="openai")
async def _openai(raw: RawVendor, tmp_path: Path) -> AsyncIterator[Client]:
    """A client whose provider's vendor is OpenAI itself."""
    async with (
        serving(Configuration(provider("alpha", raw.base_url, "env:ALPHA_KEY"))) as address,
        running(address, tmp_path) as opened,
    ):
        yield opened


async def test_openais_own_response_is_asked_for_at_its_path_and_comes_as_it_is(openai: Client, raw: RawVendor) -> None:
    body = (
        b'{"id":"resp_1", "status": "completed","output":[], "usage":{"input_tokens":3,"output_tokens":4},"new":1e400}'
    )
    raw.pieces = [whole(body, b"x-request-id: req_theirs")]
    answer = (await openai.call(body=ASKED, dialect=RESPONSES)).answer
    assert answer.body == body
    assert answer.usage == pb.Usage(input_tokens=3, output_tokens=4)
    assert (answer.finish_reason, answer.vendor_request_id) == ("stop", "req_theirs")
    assert raw.heads[0].startswith(b"POST /v1/responses HTTP/1.1\r\n")
    assert b"authorization: bearer sk-alpha-0001" in raw.heads[0].lower()


async def test_openais_own_events_come_as_they_are(openai: Client, raw: RawVendor) -> None:
    raw.pieces = sse(*STREAM)
    frames = await openai.frames(body=ASKED, dialect=RESPONSES)
    assert [frame.data for frame in frames[:-1]] == STREAM
    assert texts(frames) == "Hello"
    assert frames[-2].usage == pb.Usage(input_tokens=10, output_tokens=5)
    assert frames[-1].end


async def test_openais_stream_without_its_last_event_is_a_failure(openai: Client, raw: RawVendor) -> None:
    raw.pieces = sse(*STREAM[:-1])
    frames = await openai.frames(body=ASKED, dialect=RESPONSES)
    assert [frame.data for frame in frames[:-1]] == STREAM[:-1]
    assert frames[-1].failure.reason == Reason.VENDOR_STREAM_CUT
    assert frames[-1].failure.retryable


async def test_openais_error_has_its_reason(openai: Client, raw: RawVendor) -> None:
    error = b'{"error":{"message":"m","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}'
    raw.pieces = [whole(error, status=b"400 Bad Request")]
    failure = (await openai.call(body=ASKED, dialect=RESPONSES)).failure
    assert (failure.reason, failure.vendor_status) == (Reason.CONTEXT_LENGTH_EXCEEDED, 400)


async def test_a_vendor_of_chats_answers_with_a_response(alpha: Vendor, tmp_path: Path) -> None:
    configuration = Configuration(provider("alpha", alpha.base_url, "env:ALPHA_KEY", vendor="openai-compatible"))
    async with serving(configuration) as address, running(address, tmp_path) as client:
        answer = (await client.call(body=ASKED, dialect=RESPONSES)).answer
        frames = await client.frames(body=ASKED, dialect=RESPONSES)
    (message,) = json.loads(answer.body)["output"]
    said = message["content"][0]["text"]
    assert said.startswith("alpha/gpt-up heard: one two")
    assert texts(frames) == said
    last = json.loads(frames[-2].data)
    assert last["type"] == "response.completed"
    assert last["response"]["output"][0]["content"] == message["content"]
