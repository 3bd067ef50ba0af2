"""What a vendor that works gives back, whole and in frames."""

import json

import pytest

from seawall.providers.v1 import provider_pb2 as pb
from simulator import Vendor
from tests.integration.providers.service import MESSAGES, Client, texts

TEXT = "alpha/gpt-up heard: one two three four five six seven eight" + "".join(
    f" {word}-2" for word in ("one", "two", "three", "four", "five", "six")
)


def sent(vendor: Vendor) -> dict[str, object]:
    body = vendor.calls[-1].body
    assert body is not None
    fields: dict[str, object] = json.loads(body)
    return fields


async def test_an_answer_comes_whole_with_what_was_read_out_of_it(client: Client, alpha: Vendor) -> None:
    answer = (await client.call()).answer
    body = json.loads(answer.body)
    assert body["choices"][0]["message"]["content"] == TEXT
    assert answer.finish_reason == "stop"
    assert answer.usage == pb.Usage(input_tokens=body["usage"]["prompt_tokens"], output_tokens=16)
    assert answer.vendor_request_id.startswith("req_")
    assert alpha.calls[-1].key_suffix == "0001"


async def test_the_vendor_sees_the_body_with_the_model_renamed_and_nothing_else_changed(
    client: Client, alpha: Vendor
) -> None:
    body = (
        b'{ "x_unknown": {"a": [1.50, 1e400, "\\u00e9"]},"model":"chat", "messages":[{"role":"user","content":"hi"}]}'
    )
    await client.call(body=body)
    assert alpha.calls[-1].body == (
        b'{"x_unknown":{"a": [1.50, 1e400, "\\u00e9"]},"model":"gpt-up","messages":[{"role":"user","content":"hi"}]}'
    )


async def test_a_stream_comes_as_frames_whose_texts_are_the_answer(client: Client) -> None:
    frames = await client.frames(stream=True, stream_options={"include_usage": True})
    assert texts(frames) == TEXT
    assert [frame.finish_reason for frame in frames if frame.finish_reason] == ["stop"]
    assert [frame.end for frame in frames] == [False] * (len(frames) - 1) + [True]
    told = [frame for frame in frames if frame.HasField("usage")]
    assert [frame.usage.output_tokens for frame in told] == [16]
    assert json.loads(told[0].data)["choices"] == []
    assert all(json.loads(frame.data)["object"] == "chat.completion.chunk" for frame in frames[:-1])


async def test_usage_is_told_and_its_chunk_kept_back_where_the_caller_did_not_ask(
    client: Client, alpha: Vendor
) -> None:
    frames = await client.frames(stream=True)
    told = [frame for frame in frames if frame.HasField("usage")]
    assert [(frame.data, frame.usage.output_tokens) for frame in told] == [(b"", 16)]
    assert sent(alpha)["stream_options"] == {"include_usage": True}


async def test_the_rpc_decides_whether_it_is_a_stream(client: Client, alpha: Vendor) -> None:
    answer = await client.call(stream=True, stream_options={"include_usage": True})
    assert json.loads(answer.answer.body)["object"] == "chat.completion"
    assert sent(alpha)["stream"] is False
    assert "stream_options" not in sent(alpha)
    assert (await client.frames(stream=False))[-1].end
    assert sent(alpha)["stream"] is True


@pytest.mark.alone  # on a busy machine the end of a stream may still be passing when the next call begins
async def test_connections_are_used_again_by_calls_and_streams(client: Client, alpha: Vendor) -> None:
    for _ in range(5):
        await client.call()
        assert (await client.frames())[-1].end
    assert alpha.counters()["open_connections"] == 1


@pytest.mark.parametrize("stream", [False, True])
async def test_a_prefix_is_what_the_vendor_is_to_go_on_after(client: Client, alpha: Vendor, stream: bool) -> None:
    prefix = "So far: \u201cgr\u00fc\u00dfe\u201d\n"
    await (client.frames(prefix=prefix) if stream else client.call(prefix=prefix))
    assert sent(alpha)["messages"] == [*MESSAGES, {"role": "assistant", "content": prefix}]
    assert set(sent(alpha)) - {"stream", "stream_options"} == {"model", "messages"}
