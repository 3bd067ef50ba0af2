"""The models that a key may ask for, over HTTP: in OpenAI's shape, and page by page in Anthropic's."""

import json
from typing import Any, cast

import pytest

from chassis.http import Message
from resilience.clock import VirtualClock
from resilience.errors import Failure
from services.gateway.application.authenticate import Authenticator
from services.gateway.application.list_models import ListModels
from services.gateway.domain.configuration import Configuration, Organization, Project
from services.gateway.domain.model_pages import Page, page_of
from services.gateway.domain.route import Route
from services.gateway.entrypoints.http.models import Models
from tests.unit.gateway.callers import CONFIGURATION, PEPPER, SECRET
from tests.unit.gateway.world import ALPHA

NAMES = ["a", "b", "c", "d"]
VERSION = ((b"anthropic-version", b"2023-06-01"),)


def models() -> Models:
    routes = {name: Route((ALPHA,)) for name in NAMES}
    organization = Organization(id="acme", projects={"shop": Project()}, providers={}, models=routes, prices={})
    configuration = Configuration(keys=CONFIGURATION.keys, organizations={"acme": organization})
    authenticator = Authenticator(lambda: configuration, PEPPER, VirtualClock())
    return Models(ListModels(authenticator, lambda: configuration))


async def get(path: str = "", query: str = "", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Any:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "path": f"/v1/models{path}",
        "query_string": query.encode(),
        "headers": [(b"x-api-key", SECRET.encode()), *headers],
    }
    await models()(scope, send)
    return json.loads(cast("bytes", sent[1]["body"]))


async def test_openais_list_has_them_all() -> None:
    listed = await get()
    assert [model["id"] for model in listed["data"]] == NAMES
    assert listed["data"][0] == {"id": "a", "object": "model", "created": 0, "owned_by": "seawall"}
    assert await get("/a") == listed["data"][0]


async def test_anthropics_list_has_pages() -> None:
    page = await get(query="limit=2", headers=VERSION)
    assert (page["has_more"], page["first_id"], page["last_id"]) == (True, "a", "b")
    assert page["data"][0] == {
        "id": "a",
        "type": "model",
        "display_name": "a",
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
    }
    rest = await get(query="limit=2&after_id=b", headers=VERSION)
    assert (rest["has_more"], [model["id"] for model in rest["data"]]) == (False, ["c", "d"])
    assert await get("/a", headers=VERSION) == page["data"][0]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=99999999999", "after_id=absent"])
async def test_a_page_that_there_is_not_is_refused(query: str) -> None:
    with pytest.raises(Failure) as refused:
        await get(query=query, headers=VERSION)
    assert refused.value.detail["param"] == query.partition("=")[0]


def test_pages_go_back_too() -> None:
    assert page_of(NAMES, 2, before="d") == Page(["b", "c"], more=True)
    assert page_of(NAMES, 3, before="d") == Page(["a", "b", "c"], more=False)
    assert page_of(NAMES, 1, after="d") == Page([], more=False)
