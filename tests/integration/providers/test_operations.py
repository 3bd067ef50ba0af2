"""What is no chat, through the running service: embeddings in two vendors' words, counts, and a caller's headers."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from chassis.grpc.status import from_error
from resilience.errors import Reason
from seawall.providers.v1 import provider_pb2 as pb
from simulator import Simulator, VendorSpec
from tests.integration.providers.raw_vendor import RawVendor, whole
from tests.integration.providers.service import Client, Configuration, provider, running, serving

EMBED = json.dumps({"model": "vectors", "input": ["one"], "encoding_format": "float"}).encode()
ASKED = json.dumps({"model": "chat", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}).encode()


@pytest.fixture(name="vendors")
async def _vendors(raw: RawVendor, tmp_path: Path) -> AsyncIterator[Client]:
    async with Simulator([VendorSpec(name="gpt"), VendorSpec(name="claude", dialect="anthropic")], seed=1) as sim:
        configuration = Configuration(
            provider("gpt", sim.vendor("gpt").base_url, "env:ALPHA_KEY"),
            provider("claude", f"{sim.vendor('claude').base_url}/v1", "env:ALPHA_KEY", vendor="anthropic"),
            provider("raw-claude", raw.base_url, "env:ALPHA_KEY", vendor="anthropic"),
            provider("cohere", raw.base_url, "env:ALPHA_KEY", vendor="cohere"),
        )
        async with serving(configuration) as address, running(address, tmp_path) as client:
            yield client


async def test_vectors_come_as_the_vendor_wrote_them(vendors: Client) -> None:
    response = await vendors.call(name="gpt", dialect=pb.DIALECT_OPENAI_EMBEDDINGS, body=EMBED)
    assert len(json.loads(response.answer.body)["data"][0]["embedding"]) == 1536
    assert (response.answer.usage.input_tokens, response.answer.usage.output_tokens) == (1, 0)


async def test_coheres_vectors_come_as_openais(vendors: Client, raw: RawVendor) -> None:
    said = {"embeddings": {"float": [[0.5]]}, "meta": {"billed_units": {"input_tokens": 3}}}
    raw.pieces = [whole(json.dumps(said).encode())]
    response = await vendors.call(name="cohere", dialect=pb.DIALECT_OPENAI_EMBEDDINGS, body=EMBED)
    assert json.loads(response.answer.body)["data"] == [{"object": "embedding", "index": 0, "embedding": [0.5]}]
    assert response.answer.usage.input_tokens == 3
    assert raw.heads[-1].startswith(b"POST /v1/embed HTTP/1.1")


@pytest.mark.parametrize("dialect", [pb.DIALECT_OPENAI_EMBEDDINGS, pb.DIALECT_OPENAI_COMPLETIONS])
async def test_a_vendor_without_the_endpoint_is_not_asked(vendors: Client, dialect: pb.Dialect.ValueType) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await vendors.call(name="claude", dialect=dialect, body=EMBED)
    assert from_error(refused.value).reason is Reason.UNSUPPORTED_BY_TARGET


async def test_a_text_is_streamed(vendors: Client) -> None:
    body = json.dumps({"model": "chat", "prompt": "one two three"}).encode()
    frames = await vendors.frames(name="gpt", dialect=pb.DIALECT_OPENAI_COMPLETIONS, body=body)
    assert "".join(frame.text for frame in frames).startswith("\n\ngpt/gpt-up heard: one")
    assert frames[-1].end
    assert any(frame.usage.output_tokens for frame in frames)


async def test_tokens_are_counted_and_cost_nothing(vendors: Client) -> None:
    response = await vendors.call(name="claude", dialect=pb.DIALECT_ANTHROPIC_COUNT_TOKENS, body=ASKED)
    assert json.loads(response.answer.body)["input_tokens"] > 0
    assert response.answer.HasField("usage")
    assert response.answer.usage.input_tokens == 0


async def test_anthropic_is_told_the_callers_version_and_betas_once(vendors: Client, raw: RawVendor) -> None:
    raw.pieces = [whole(b'{"input_tokens":1}')]
    told = {"anthropic-version": "2026-10-21", "anthropic-beta": "a,b", "x-other": "y"}
    for headers, expected in ((told, b"2026-10-21"), (None, b"2023-06-01")):
        await vendors.call(name="raw-claude", dialect=pb.DIALECT_ANTHROPIC_COUNT_TOKENS, body=ASKED, headers=headers)
        head = raw.heads[-1].lower()
        assert head.count(b"anthropic-version:") == 1
        assert b"anthropic-version: " + expected in head
        assert (b"anthropic-beta: a,b" in head) is (headers is not None)
        assert b"x-other" not in head
