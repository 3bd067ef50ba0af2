"""Callers of OpenAI's and Anthropic's dialects before vendors that answer alike; the rest has files of its own."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from simulator import Simulator, Vendor, VendorSpec
from tests.integration.providers.asking import (
    ASKED,
    CHAT_TOOLS,
    DOT,
    MESSAGE_TOOLS,
    PLACE,
    USER,
    chat,
    message,
)
from tests.integration.providers.service import Client, Configuration, provider, running, serving
from tests.integration.simulator.clients import both

PATHS = {"mistral": "/v1", "cohere": "/v2"}
"""By dialect: where a provider's base URL is below the simulated vendor's."""


@dataclass(frozen=True)
class Alike:
    """A vendor, and a client of the service before it."""

    vendor: Vendor
    client: Client

    @property
    def begins(self) -> str:
        """How each of its answers does."""
        return f"{self.vendor.name}/gpt-up heard:"

    @property
    def words(self) -> str:
        """What it answers to ASKED."""
        return f"{self.begins} {ASKED} " + " ".join(f"{word}-2" for word in ASKED.split()[:6])


@pytest.fixture(name="alike", params=PATHS)
async def _alike(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Alike]:
    dialect = request.param
    async with Simulator([VendorSpec(name="one", dialect=dialect)], seed=1) as sim:
        vendor = sim.vendor("one")
        told = provider("alpha", vendor.base_url + PATHS[dialect], "env:ALPHA_KEY", vendor=dialect)
        async with serving(Configuration(told)) as address, running(address, tmp_path) as client:
            yield Alike(vendor, client)


@both
async def test_both_callers_are_answered(alike: Alike, stream: bool) -> None:
    heard = await chat(alike.client, stream=stream)
    assert (heard.text, heard.finish, heard.usage) == (alike.words, "stop", (16, 16))
    heard = await message(alike.client, stream=stream)
    assert (heard.text, heard.finish, heard.usage) == (alike.words, "end_turn", (16, 16))
    assert alike.vendor.calls[-1].key_suffix == "0001"


@both
async def test_limits_stops_and_instructions_reach_the_vendor(alike: Alike, stream: bool) -> None:
    system = {"role": "system", "content": "be brief"}
    heard = await chat(alike.client, stream=stream, messages=[system, USER], max_completion_tokens=3, seed=7)
    assert (heard.text, heard.finish, heard.usage) == (f"{alike.begins} one", "length", (21, 3))
    assert (await chat(alike.client, stream=stream, stop=["thr"])).text == f"{alike.begins} one two "
    heard = await message(alike.client, stream=stream, system="be brief", max_tokens=3)
    assert (heard.text, heard.finish, heard.usage) == (f"{alike.begins} one", "max_tokens", (21, 3))
    heard = await message(alike.client, stream=stream, stop_sequences=["thr"])
    assert heard.text == f"{alike.begins} one two "


@both
async def test_the_choice_of_a_tool_is_heeded(alike: Alike, stream: bool) -> None:
    named = {"type": "function", "function": {"name": "clock"}}
    for choice, names in (("required", ["weather"]), ("none", []), (named, ["clock"])):
        heard = await chat(alike.client, stream=stream, tools=CHAT_TOOLS, tool_choice=choice)
        assert [name for _, name, _ in heard.calls] == names
    for wanted, names in (({"type": "any"}, ["weather"]), ({"type": "tool", "name": "clock"}, ["clock"])):
        heard = await message(alike.client, stream=stream, tools=MESSAGE_TOOLS, tool_choice=wanted)
        assert [name for _, name, _ in heard.calls] == names


async def test_images_are_seen(alike: Alike) -> None:
    shown = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DOT}", "detail": "low"}}
    linked = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    parts = [{"type": "text", "text": ASKED}, shown, linked]
    heard = await chat(alike.client, stream=False, messages=[{"role": "user", "content": parts}])
    assert (heard.text, heard.usage[0]) == (alike.words, 16 + 2 * 85)
    block = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DOT}}
    asked = {"role": "user", "content": [block, {"type": "text", "text": ASKED}]}
    heard = await message(alike.client, stream=False, messages=[asked])
    assert (heard.text, heard.usage[0]) == (alike.words, 16 + 85)


@both
async def test_an_answer_follows_a_schema(alike: Alike, stream: bool) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "place", "strict": True, "schema": PLACE}}
    heard = await chat(alike.client, stream=stream, response_format=form)
    assert json.loads(heard.text) == {"place": alike.words, "days": 1}
    wanted = {"format": {"type": "json_schema", "schema": PLACE}}
    heard = await message(alike.client, stream=stream, output_config=wanted)
    assert json.loads(heard.text) == {"place": alike.words, "days": 1}
