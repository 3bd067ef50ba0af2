"""Migrations with rows there: what the version before has set means the same after, and it can come back."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from chassis.storage.database import Database
from chassis.storage.migrate import downgrade, migrate
from resilience.clock import SystemClock
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from services.config.bootstrap import VERSIONS
from services.gateway.domain.configuration import Organization, Project
from services.gateway.domain.route import Policy, Route, Target
from tests.integration.config.running import OWN, SHOP, Config, running
from tests.integration.config.test_policies import CHAT, ROUTES, organization

CLOCK = SystemClock()
CHAT_NAME = f"{OWN}/models/chat"
OF_BEFORE = (
    ("organizations", {"name": OWN}),
    (
        "providers",
        {
            "name": f"{OWN}/providers/main",
            "owner": OWN,
            "vendor": "openai-compatible",
            "base_url": "http://a",
            "keys": "[]",
        },
    ),
    (
        "models",
        {
            "name": CHAT_NAME,
            "owner": OWN,
            "strategy": "ordered",
            "targets": json.dumps([["main", "small"], ["main", "large"]]),
            "retries": 2,
        },
    ),
    ("projects", {"name": SHOP, "owner": OWN, "models": json.dumps(["chat"]), "requests_per_minute": 600}),
)
"""What the first version writes."""


async def written_by_the_first_version(database: Database) -> None:
    async with database.transaction() as session:
        connection = await session.connection()
        for table, row in OF_BEFORE:
            values = {"organization": "acme", **row}
            names = ", ".join(values)
            places = ", ".join(f":{name}" for name in values)
            await connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def check(acme: Organization) -> None:
    """What those rows mean."""
    targets = (Target("main", "small"), Target("main", "large"))
    assert acme.models == {"chat": Route(targets, Policy(retries=2))}
    assert acme.projects == {"shop": Project(frozenset({"chat"}), 600)}


async def rows(database: Database, statement: str) -> Sequence[tuple[Any, ...]]:
    async with database.read() as session:
        return [tuple(row) for row in await (await session.connection()).execute(text(statement))]


async def test_rows_of_the_first_version_mean_what_they_meant(url: str) -> None:
    async with Database(url, schema="config") as database:
        await migrate(database, VERSIONS, CLOCK, revision="0001")
        await written_by_the_first_version(database)
        async with running(url) as config:
            check(await organization(config))


async def test_the_version_before_may_write_while_it_is_being_replaced(url: str) -> None:
    async with Database(url, schema="config") as database, running(url) as config:
        await written_by_the_first_version(database)
        check(await organization(config))
        read = (await config.call("GetModel", api.GetModelRequest(name=CHAT_NAME))).model
        assert (await config.call("UpdateModel", api.UpdateModelRequest(model=read))).model == read


async def test_the_version_before_can_come_back_and_finds_what_it_knows(url: str) -> None:
    async with Database(url, schema="config") as database:
        async with running(url) as config:
            await config.apply(ROUTES)
            assert (await organization(config)).models["chat"] == CHAT
        await downgrade(database, VERSIONS, CLOCK, revision="0001")
        columns = "name, strategy, targets, retries"
        (_, strategy, targets, retries), *others = await rows(database, f"SELECT {columns} FROM models ORDER BY name")
        targets = json.loads(targets) if isinstance(targets, str) else targets
        assert (strategy, retries) == ("ordered", 3)
        assert targets == [["main", "gpt-5-mini"], ["local", "meta/llama-4"]]
        assert {other[1] for other in others} == {"ordered"}
        assert [row[0] for row in await rows(database, "SELECT requests_per_minute FROM projects ORDER BY name")] == [
            0,
            6,
        ]

        async with running(url) as config:
            acme = await organization(config)
            assert [target.name for target in acme.models["chat"].targets] == ["main/gpt-5-mini", "local/meta/llama-4"]
            await config.apply(ROUTES)
            assert (await organization(config)).models["chat"] == CHAT


PRICED = """
organization: acme
providers: [{name: main, vendor: openai}]
projects: [{name: shop}]
prices:
  - {provider: main, model: m, input: 1, output: 2, cached_input: 0.5, cache_write: 3, per_request: 0.1}
  - {provider: main, model: m, input: 9, output: 9, project: shop}
"""


async def test_a_price_of_one_project_is_no_price_of_all_in_the_version_before(url: str) -> None:
    async with Database(url, schema="config") as database:
        async with running(url) as config:
            await config.apply(PRICED)
        await downgrade(database, VERSIONS, CLOCK, revision="0002")
        assert await rows(database, "SELECT model, input, output, cached_input FROM prices") == [("m", "1", "2", "0.5")]
        async with running(url) as config:
            ((price,),) = (await organization(config)).prices.values()
            assert price.price.per_request == 0
            await config.apply(PRICED)
            acme = await organization(config)
            ((price,),) = acme.prices.values()
            assert (price.price.per_request, price.price.rates.cache_write) == (10**11, 3_000_000)
            ((theirs,),) = acme.projects["shop"].prices.values()
            assert theirs.price.rates.input == 9_000_000


BEDROCK, AZURE, MAIN = (f"{OWN}/providers/{name}" for name in ("bedrock", "azure", "main"))
LOCATED = """
organization: acme
providers:
  - {name: bedrock, vendor: bedrock, region: eu-west-3, keys: [{key: env:A, weight: 3}, env:B]}
  - {name: azure, vendor: azure, base_url: "https://acme.openai.azure.com", api_version: 2024-10-21, headers: {x: y}}
  - {name: main, vendor: openai, proxy: "http://proxy:3128", ca: env:CA}
"""


async def told(config: Config) -> dict[str, pb.Provider]:
    providers = (await config.call("ListProviders", api.ListProvidersRequest(parent=OWN))).providers
    return {provider.name: provider for provider in providers}


async def test_providers_lose_what_the_version_before_does_not_know_and_can_have_it_again(url: str) -> None:
    async with Database(url, schema="config") as database:
        async with running(url) as config:
            await config.apply(LOCATED)
            whole = await told(config)
        await downgrade(database, VERSIONS, CLOCK, revision="0003")
        found = await rows(database, "SELECT name, vendor, base_url FROM providers ORDER BY name")
        assert found == [
            (AZURE, "azure", "https://acme.openai.azure.com"),
            (BEDROCK, "bedrock", "https://bedrock-runtime.eu-west-3.amazonaws.com"),
            (MAIN, "openai", ""),
        ]
        async with running(url) as config:
            back = await told(config)
            assert back[BEDROCK] == pb.Provider(
                name=BEDROCK, vendor="bedrock", base_url=found[1][2], keys=["env:A", "env:B"]
            )
            assert back[AZURE] == pb.Provider(name=AZURE, vendor="azure", base_url=found[0][2])
            assert back[MAIN] == pb.Provider(name=MAIN, vendor="openai")
            for provider in back.values():
                assert (await config.call("UpdateProvider", api.UpdateProviderRequest(provider=provider))).provider
            assert list((await config.apply(LOCATED)).updated) == [AZURE, BEDROCK, MAIN]
            assert await told(config) == whole


TAIL = f"{OWN}/providers/tail"
LONG_TAIL = """
organization: acme
providers:
  - {name: main, vendor: openai, keys: [{key: env:A, weight: 3}, env:B]}
  - {name: tail, vendor: litellm, sdk_vendor: nvidia_nim, keys: [{key: env:A, weight: 3}, env:B]}
"""


async def test_no_key_is_shown_to_whom_a_models_name_says_in_the_version_before(url: str) -> None:
    async with Database(url, schema="config") as database:
        async with running(url) as config:
            await config.apply(LONG_TAIL)
            whole = await told(config)
        await downgrade(database, VERSIONS, CLOCK, revision="0004")
        found = [
            (name, json.loads(keys) if isinstance(keys, str) else keys)
            for name, keys in await rows(database, "SELECT name, keys FROM providers ORDER BY name")
        ]
        assert found == [(MAIN, ["env:A", "env:B"]), (TAIL, [])]
        async with running(url) as config:
            back = await told(config)
            assert back == {MAIN: whole[MAIN], TAIL: pb.Provider(name=TAIL, vendor="litellm")}
            assert list((await config.apply(LONG_TAIL)).updated) == [TAIL]
            assert await told(config) == whole
