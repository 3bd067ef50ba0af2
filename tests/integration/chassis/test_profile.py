"""The page at which a service shows a profile of itself, over HTTP."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import msgspec
import pytest

from chassis.health import Health
from chassis.http import HttpServer
from chassis.pages import pages
from chassis.profiling.page import PATH, profile_page
from chassis.profiling.profile import Profile

TOKEN = {"x-seawall-token": "between-us"}


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    app = pages(Health(), profile=profile_page("probe", "between-us"))
    async with (
        HttpServer(app, "127.0.0.1:0", drain=1.0) as server,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client,
    ):
        yield client


async def test_who_knows_the_token_gets_a_profile(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{PATH}?seconds=0.2&rate=200", headers=TOKEN)
    assert answer.status_code == 200
    profile = msgspec.json.decode(answer.content, type=Profile)
    assert (profile.service, profile.rate) == ("probe", 200)
    assert profile.seconds >= 0.2
    assert profile.samples > 0
    assert "MainThread" in {thread.name for thread in profile.threads}


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"x-seawall-token": ""}, 403), ({"x-seawall-token": "between-them"}, 403)]
)
async def test_nobody_else_does(client: httpx2.AsyncClient, headers: dict[str, str], status: int) -> None:
    answer = await client.get(PATH, headers=headers)
    assert answer.status_code == status
    assert answer.json().keys() == {"error"}


async def test_where_there_is_no_token_there_is_no_page() -> None:
    assert profile_page("probe", "") is None
    async with (
        HttpServer(pages(Health()), "127.0.0.1:0", drain=1.0) as server,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client,
    ):
        assert (await client.get(PATH, headers={"x-seawall-token": ""})).status_code == 404


@pytest.mark.parametrize(
    "asked", ["seconds=0", "seconds=61", "seconds=nan", "seconds=x", "rate=0", "rate=1001", "rate=1.5"]
)
async def test_what_is_out_of_bounds_is_refused(client: httpx2.AsyncClient, asked: str) -> None:
    assert (await client.get(f"{PATH}?{asked}", headers=TOKEN)).status_code == 400


async def test_only_get_is_answered(client: httpx2.AsyncClient) -> None:
    assert (await client.post(PATH, headers=TOKEN)).status_code == 405


async def test_there_is_one_profile_at_a_time(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.get(f"{PATH}?seconds=1", headers=TOKEN) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert (await client.get(f"{PATH}?seconds=0.1", headers=TOKEN)).status_code == 200
