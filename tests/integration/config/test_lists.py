"""Pages of every list: each item once, in order, whatever the size of the page."""

import itertools
from typing import Any

import pytest

from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from tests.integration.config.running import OWN, SHOP, Config

IDS = ["a", "a-b", "a0", "b", "ci-2", "z9"]
"""In the order of their bytes, which is not that of every language."""


async def pages(config: Config, noun: str, parent: str, size: int) -> list[list[Any]]:
    found = []
    token = ""
    while True:
        request = getattr(api, f"List{noun}Request")(parent=parent, page_size=size, page_token=token)
        answer = await config.call(f"List{noun}", request)
        field = "records" if noun == "AuditRecords" else noun.lower()
        found.append(list(getattr(answer, field)))
        token = answer.next_page_token
        if not token:
            return found


async def fill(config: Config) -> None:
    for number in IDS:
        requests: dict[str, Any] = {
            "CreateProvider": api.CreateProviderRequest(provider_id=number, provider=pb.Provider(vendor="openai")),
            "CreateModel": api.CreateModelRequest(
                model_id=number, model=pb.Model(route=pb.Route(targets=[pb.Target(provider="local", model="m")]))
            ),
            "CreateProject": api.CreateProjectRequest(project_id=number),
            "SetPrice": api.SetPriceRequest(
                price=pb.Price(target=pb.Target(provider="local", model=number), input="1", output="1")
            ),
        }
        for method, request in requests.items():
            request.parent = OWN
            await config.call(method, request)
        await config.create_key(number)


async def test_every_list_gives_each_item_once_and_in_order(acme: Config) -> None:
    await fill(acme)
    expected = {
        "Providers": [*IDS, "local", "openai-main"],
        "Models": [*IDS, "chat"],
        "Projects": [*IDS, "shop"],
        "Keys": [*IDS, "ci"],
    }
    for noun, ids in expected.items():
        parent = SHOP if noun == "Keys" else OWN
        whole = [f"{parent}/{noun.lower()}/{one}" for one in sorted(ids)]
        for size in (0, 1, 3, len(ids), 1000, 2**31 - 1):
            found = await pages(acme, noun, parent, size)
            assert [item.name for page in found for item in page] == whole
            assert all(len(page) <= (size or 50) for page in found)
            if size == len(ids):
                assert len(found) == 1

    whole_prices = [
        *(f"local/{model}" for model in sorted(IDS, key=lambda model: f"{model}/")),
        "openai-main/gpt-5-mini",
    ]
    for size in (0, 1, 2):
        found = await pages(acme, "Prices", OWN, size)
        prices = [f"{price.target.provider}/{price.target.model}" for page in found for price in page]
        assert prices == whole_prices


@pytest.mark.parametrize("size", [0, 1, 4])
async def test_audit_records_are_listed_newest_first(acme: Config, size: int) -> None:
    for number in IDS:
        await acme.call("CreateProject", api.CreateProjectRequest(parent=OWN, project_id=number))
    records = [record for page in await pages(acme, "AuditRecords", OWN, size) for record in page]
    assert len(records) == 7 + len(IDS)
    assert [record.resource.rpartition("/")[2] for record in records[: len(IDS)]] == IDS[::-1]
    assert all(one.version >= other.version for one, other in itertools.pairwise(records))
