"""The pages that explain the API: anybody gets them, from this gateway alone."""

import re
from collections.abc import AsyncIterator
from importlib.resources import files

import httpx2
import pytest

from services.gateway.entrypoints.http.documents import DOCUMENTS, EXPLORER, OPENAPI
from tests.unit.gateway.callers import Chat, http
from tests.unit.gateway.world import WHOLE

ASSETS = {
    path: (files("services.gateway.entrypoints.http") / "explorer" / document.asset).read_text()
    for path, document in DOCUMENTS.items()
    if document.asset
}


@pytest.fixture(name="client")
async def _client() -> AsyncIterator[httpx2.AsyncClient]:
    async with http(Chat(WHOLE)) as client:
        yield client


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_anybody_gets_a_page_once_and_then_is_told_that_it_is_the_same(
    path: str, client: httpx2.AsyncClient
) -> None:
    first = await client.get(path)
    assert first.status_code == 200
    assert first.headers["content-type"] == DOCUMENTS[path].content_type
    assert first.headers["cache-control"] == "no-cache"
    tag = first.headers["etag"]
    for told in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await client.get(path, headers={"if-none-match": told})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await client.get(path, headers={"if-none-match": '"other"'})).content == first.content


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_a_page_may_fetch_from_its_own_gateway_only(path: str, client: httpx2.AsyncClient) -> None:
    headers = (await client.get(path)).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy.pop("require-trusted-types-for") == "'script'"
    own = {name for name, source in policy.items() if source == "'self'"}
    assert own == {"script-src", "style-src", "connect-src"}
    assert {source for name, source in policy.items() if name not in own} == {"'none'"}
    assert {"default-src", "base-uri", "form-action", "frame-ancestors"} <= set(policy)
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize("path", ASSETS)
def test_the_explorer_names_nothing_foreign_and_makes_no_markup_of_text(path: str) -> None:
    text = ASSETS[path]
    assert re.findall(r"https?:|[\"'(]//|@import|url\(|\bimport\b|localStorage|sessionStorage|cookie", text) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text) == []
    assert re.findall(r"<script(?! src)|<style|\sstyle=|\son[a-z]+=", text) == []


async def test_what_the_explorer_asks_for_is_served(client: httpx2.AsyncClient) -> None:
    page = ASSETS[EXPLORER]
    wanted = set(re.findall(r'(?:src|href)="([^"]+)"', page)) | set(
        re.findall(r'new URL\("([^"]+)"', "".join(ASSETS.values()))
    )
    assert {f"/{path}" for path in wanted} == set(DOCUMENTS) - {EXPLORER}
    for path in wanted:
        assert (await client.get(f"/{path}")).status_code == 200


def test_the_explorers_code_finds_every_element_that_it_looks_for() -> None:
    looked_for = set(re.findall(r'byId\("(\w+)"\)', ASSETS[f"{EXPLORER}/explorer.js"]))
    assert looked_for == set(re.findall(r'\bid="(\w+)"', ASSETS[EXPLORER]))


async def test_a_page_is_only_read(client: httpx2.AsyncClient) -> None:
    answer = await client.post(OPENAPI, content=b"{}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
