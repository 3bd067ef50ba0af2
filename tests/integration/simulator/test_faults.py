"""Every fault on the wire, plain and streamed, as a raw socket and OpenAI's SDK meet it."""

import json
import time

import openai
import pytest
from openai import AsyncOpenAI

from simulator import (
    Behaviour,
    Constant,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Hang,
    Malformed,
    Reset,
    Simulator,
    SlowFirstToken,
    Stall,
    Vendor,
)
from tests.integration.simulator.clients import MESSAGES, Wire, both, chat, content_length, failing
from tests.stack.eventually import eventually


def outcome(alpha: Vendor, number: int = -1) -> tuple[str, bool]:
    return alpha.calls[number].outcome, alpha.calls[number].client_left


async def ask(client: AsyncOpenAI, *, stream: bool = False) -> list[str | None]:
    """Ask, read to the end, and return every finish reason met."""
    if not stream:
        answer = await client.chat.completions.create(model="gpt", messages=MESSAGES)
        return [choice.finish_reason for choice in answer.choices]
    chunks = await client.chat.completions.create(model="gpt", messages=MESSAGES, stream=True)
    return [choice.finish_reason async for chunk in chunks for choice in chunk.choices]


@both
@pytest.mark.parametrize(
    "error",
    [
        (400, openai.BadRequestError, ("invalid_request_error", None)),
        (401, openai.AuthenticationError, ("invalid_request_error", "invalid_api_key")),
        (429, openai.RateLimitError, ("requests", "rate_limit_exceeded")),
        (500, openai.InternalServerError, ("server_error", None)),
        (503, openai.InternalServerError, ("server_error", "overloaded")),
        (599, openai.InternalServerError, ("server_error", None)),
    ],
)
async def test_an_error_status_is_the_error_that_openai_gives(
    client: AsyncOpenAI,
    alpha: Vendor,
    stream: bool,
    error: tuple[int, type[openai.APIStatusError], tuple[str, str | None]],
) -> None:
    status, raised, said = error
    alpha.set(None, failing(ErrorStatus(status=status)))
    with pytest.raises(raised) as caught:
        await ask(client, stream=stream)
    assert (caught.value.status_code, (caught.value.type, caught.value.code)) == (status, said)
    assert "retry-after" not in caught.value.response.headers
    await eventually(lambda: outcome(alpha) == ("faulted:error", False))
    assert (alpha.calls[-1].status, alpha.calls[-1].completion_tokens) == (status, 0)


async def test_an_error_says_what_it_was_told_to_say(client: AsyncOpenAI, alpha: Vendor) -> None:
    fault = ErrorStatus(status=400, code="context_length_exceeded", type="t", message="too long")
    alpha.set(None, failing(fault))
    with pytest.raises(openai.BadRequestError, match="too long") as caught:
        await ask(client)
    assert (caught.value.code, caught.value.type) == ("context_length_exceeded", "t")


@pytest.mark.parametrize(("seconds", "headers"), [(7, ("7", None)), (0, ("0", None)), (0.25, ("1", "250"))])
async def test_retry_after_is_in_whole_seconds_with_milliseconds_beside_a_fraction(
    client: AsyncOpenAI, alpha: Vendor, seconds: float, headers: tuple[str, str | None]
) -> None:
    alpha.set(None, failing(ErrorStatus(status=429, retry_after=seconds)))
    with pytest.raises(openai.RateLimitError) as caught:
        await ask(client)
    got = caught.value.response.headers
    assert (got.get("retry-after"), got.get("retry-after-ms")) == headers


@both
async def test_reset_is_a_tcp_rst_before_any_byte(wire: Wire, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, failing(Reset()))
    wire.post(chat(stream=stream))
    with pytest.raises(ConnectionResetError):
        await wire.rest()
    await eventually(lambda: outcome(alpha) == ("faulted:reset", False))
    assert alpha.calls[-1].status == 0


@both
async def test_hang_takes_the_request_and_says_nothing_until_the_caller_leaves(
    wire: Wire, alpha: Vendor, stream: bool
) -> None:
    alpha.set(None, failing(Hang()))
    wire.post(chat(stream=stream))
    assert await wire.is_silent()
    assert (alpha.counters()["in_flight"], alpha.calls[-1].model) == (1, "gpt")
    wire.close()
    await eventually(lambda: alpha.counters()["in_flight"] == 0)
    assert outcome(alpha) == ("faulted:hang", True)


@pytest.mark.parametrize("after", [0, 1, 3, 99])
async def test_a_cut_stream_closes_after_its_chunks_without_finish_reason(
    wire: Wire, alpha: Vendor, after: int
) -> None:
    alpha.set(None, failing(Cut(after_chunks=after), answer_tokens=5))
    wire.post(chat(stream=True))
    assert b"200 OK" in await wire.headers()
    body = await wire.rest()
    assert body.count(b'"delta":{"content":') == min(after, 5)
    assert b"0\r\n\r\n" not in body
    assert b'finish_reason":"' not in body
    await eventually(lambda: outcome(alpha) == ("faulted:cut", False))
    assert alpha.calls[-1].completion_tokens == min(after, 5)


async def test_a_stream_may_be_cut_with_a_proper_end_of_the_body(
    wire: Wire, client: AsyncOpenAI, alpha: Vendor
) -> None:
    alpha.set(None, failing(Cut(after_chunks=2, how="ended")))
    wire.post(chat(stream=True))
    body = await wire.until(b"\r\n0\r\n\r\n")
    assert body.count(b'"delta":{"content":') == 2
    assert b"[DONE]" not in body
    assert set(await ask(client, stream=True)) == {None}


async def test_a_cut_plain_answer_breaks_off_in_its_body(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(Cut()))
    wire.post(chat())
    head = await wire.headers()
    body = await wire.rest()
    assert 0 < len(body) < content_length(head)
    await eventually(lambda: outcome(alpha) == ("faulted:cut", False))


async def test_a_plain_answer_may_be_cut_with_a_length_that_fits(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(Cut(how="ended")))
    wire.post(chat())
    status, body = await wire.response()
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


@both
async def test_the_sdk_sees_a_cut_answer_as_a_broken_connection(
    client: AsyncOpenAI, alpha: Vendor, stream: bool
) -> None:
    alpha.set(None, failing(Cut()))
    with pytest.raises(openai.APIConnectionError):
        await ask(client, stream=stream)


async def test_a_stalled_stream_goes_silent_after_its_chunks(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(Stall(after_chunks=2)))
    wire.post(chat(stream=True))
    body = await wire.until(b'{"content":" heard:"},"logprobs":null,"finish_reason":null}]}\n\n\r\n')
    assert body.count(b'"delta":{"content":') == 2
    assert await wire.is_silent()
    wire.close()
    await eventually(lambda: outcome(alpha) == ("faulted:stall", True))
    assert alpha.calls[-1].completion_tokens == 2


async def test_a_stalled_plain_answer_goes_silent_in_its_body(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(Stall()))
    wire.post(chat())
    await wire.until(b'"chat.completion"')
    while not await wire.is_silent():
        pass
    assert alpha.counters()["in_flight"] == 1


@both
async def test_slow_first_token_sends_headers_at_once_and_the_answer_late(
    wire: Wire, alpha: Vendor, stream: bool
) -> None:
    delay = 2.0
    alpha.set(None, failing(SlowFirstToken(delay=Constant(seconds=delay))))
    start = time.monotonic()
    wire.post(chat(stream=stream))
    assert b"200 OK" in await wire.headers()
    assert time.monotonic() - start < delay
    await wire.until(b"alpha/gpt")
    assert time.monotonic() - start >= delay
    await eventually(lambda: outcome(alpha) == ("faulted:slow_first_token", False))
    assert alpha.calls[-1].completion_tokens == 16


async def test_an_error_event_ends_the_stream_after_its_chunks(client: AsyncOpenAI, wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(ErrorEvent(after_chunks=2, message="gone wrong")))
    wire.post(chat(stream=True))
    body = await wire.until(b"\r\n0\r\n\r\n")
    assert body.count(b'"delta":{"content":') == 2
    assert b'data: {"error":{"message":"gone wrong","type":"server_error"' in body
    assert b"[DONE]" not in body
    with pytest.raises(openai.APIError, match="gone wrong"):
        await ask(client, stream=True)


async def test_a_plain_call_does_not_meet_an_error_event(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set(None, failing(ErrorEvent()))
    assert await ask(client) == ["stop"]


async def test_a_malformed_event_is_followed_by_the_rest_of_the_stream(
    client: AsyncOpenAI, wire: Wire, alpha: Vendor
) -> None:
    alpha.set(None, failing(Malformed(after_chunks=2), answer_tokens=4))
    wire.post(chat(stream=True))
    body = await wire.until(b"\r\n0\r\n\r\n")
    events = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
    assert events.pop() == b"[DONE]"
    # The role, two chunks of text, then the broken one.
    with pytest.raises(json.JSONDecodeError):
        json.loads(events.pop(3))
    assert [json.loads(event)["choices"][0]["finish_reason"] for event in events] == [None] * 5 + ["stop"]
    with pytest.raises(json.JSONDecodeError):
        await ask(client, stream=True)


async def test_a_malformed_plain_answer_is_broken_json_of_the_right_length(wire: Wire, alpha: Vendor) -> None:
    alpha.set(None, failing(Malformed()))
    wire.post(chat())
    status, body = await wire.response()
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


@both
async def test_an_error_body_comes_with_status_200(wire: Wire, alpha: Vendor, stream: bool) -> None:
    alpha.set(None, failing(ErrorBody(code="server_busy")))
    wire.post(chat(stream=stream))
    head = await wire.headers()
    assert b" 200 OK" in head
    assert b"content-type: application/json" in head
    body = await wire.reader.readexactly(content_length(head))
    assert json.loads(body)["error"]["code"] == "server_busy"


async def test_a_fault_for_the_next_calls_is_over_after_them(client: AsyncOpenAI, alpha: Vendor) -> None:
    alpha.set("gpt", failing(ErrorStatus(status=500, next_calls=2)))
    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            await ask(client)
    assert await ask(client) == ["stop"]


async def test_the_same_seed_gives_the_same_calls_the_same_fates() -> None:
    async def fates(seed: int) -> list[str]:
        async with Simulator(["alpha"], seed=seed) as sim:
            alpha = sim.vendor("alpha")
            alpha.set(None, failing(ErrorStatus(status=500, share=0.5)))
            wire = await Wire.open(alpha.base_url)
            for _ in range(40):
                wire.post(chat())
                await wire.response()
            wire.close()
            await eventually(lambda: alpha.counters()["in_flight"] == 0)
            return [call.outcome for call in alpha.calls]

    first = await fates(5)
    assert set(first) == {"completed", "faulted:error"}
    assert first == await fates(5)
    assert first != await fates(6)


async def test_a_behaviour_set_during_a_call_is_for_the_next(client: AsyncOpenAI, alpha: Vendor, wire: Wire) -> None:
    alpha.set(None, Behaviour(first_byte=Constant(seconds=0.2)))
    wire.post(chat())
    await eventually(lambda: alpha.counters()["in_flight"] == 1)
    alpha.set(None, failing(ErrorStatus(status=500)))
    assert b"200 OK" in await wire.headers()
    with pytest.raises(openai.InternalServerError):
        await ask(client)
