"""Providers with everything that they may say: by RPC and by manifest, kept on a database of each kind."""

from typing import Any

import pytest

from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from services.providers.domain.provider import Connection, ProviderDefinition, WeightedKey
from services.providers.entrypoints.configuration import apply_snapshot
from tests.integration.config.running import OWN, Config, running

AZURE = f"{OWN}/providers/azure"
VERTEX = f"{OWN}/providers/vertex"
TAIL = f"{OWN}/providers/tail"
WHOLE = pb.Provider(
    name=AZURE,
    vendor="azure",
    base_url="https://acme.openai.azure.com",
    keys=["env:A", "file:/secrets/b"],
    key_weights=[3, 1],
    api_version="2025-04-01-preview",
    proxy="env:PROXY",
    ca="file:/secrets/ca.pem",
    headers=[pb.Header(name="X-Team", value="ml platform"), pb.Header(name="x-token", value="env:TOKEN")],
)
LOCATED = pb.Provider(
    name=VERTEX, vendor="vertex", region="europe-west4", cloud_project="acme-ai", proxy="http://proxy:3128"
)
BY_SDK = pb.Provider(name=TAIL, vendor="litellm", sdk_vendor="nvidia_nim", keys=["env:A"])
MANIFEST = """
organization: acme
providers:
  - name: azure
    vendor: azure
    base_url: https://acme.openai.azure.com
    keys: [{key: env:A, weight: 3}, file:/secrets/b]
    api_version: 2025-04-01-preview
    proxy: env:PROXY
    ca: file:/secrets/ca.pem
    headers: {X-Team: ml platform, x-token: env:TOKEN}
  - {name: vertex, vendor: vertex, region: europe-west4, cloud_project: acme-ai, proxy: "http://proxy:3128"}
  - {name: tail, vendor: litellm, sdk_vendor: nvidia_nim, keys: [env:A]}
"""
DEFINED_AZURE = ProviderDefinition(
    "acme",
    "azure",
    "azure",
    "https://acme.openai.azure.com",
    (WeightedKey("env:A", 3), WeightedKey("file:/secrets/b")),
    api_version="2025-04-01-preview",
    connection=Connection("env:PROXY", "file:/secrets/ca.pem", (("X-Team", "ml platform"), ("x-token", "env:TOKEN"))),
)
DEFINED_VERTEX = ProviderDefinition(
    "acme",
    "vertex",
    "vertex",
    "",
    (),
    region="europe-west4",
    cloud_project="acme-ai",
    connection=Connection("http://proxy:3128"),
)
DEFINED_TAIL = ProviderDefinition("acme", "tail", "litellm", "", (WeightedKey("env:A"),), sdk_vendor="nvidia_nim")
"""The same, as providers reads it."""


async def listed(config: Config) -> list[pb.Provider]:
    return list((await config.call("ListProviders", api.ListProvidersRequest(parent=OWN))).providers)


async def test_everything_that_a_provider_says_is_kept_and_told(acme: Config) -> None:
    for said in (WHOLE, LOCATED, BY_SDK):
        new = api.CreateProviderRequest(parent=OWN, provider_id=said.name.rpartition("/")[2], provider=said)
        assert (await acme.call("CreateProvider", new)).provider == said
        assert (await acme.call("GetProvider", api.GetProviderRequest(name=said.name))).provider == said
        assert said in await listed(acme)
    snapshot = await acme.snapshot()
    assert snapshot is not None
    told = [one for one in snapshot.organizations[0].providers if one.name in {AZURE, VERTEX, TAIL}]
    assert told == [WHOLE, BY_SDK, LOCATED]


@pytest.mark.parametrize(
    "change",
    [
        {"key_weights": [1, 3]},
        {"api_version": "2024-10-21"},
        {"proxy": "https://proxy:3129"},
        {"ca": "env:CA"},
        {"headers": [pb.Header(name="X-Team", value="search")]},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_each_thing_that_a_provider_says_may_change_and_is_told_of_once(
    acme: Config, change: dict[str, Any]
) -> None:
    await acme.call("CreateProvider", api.CreateProviderRequest(parent=OWN, provider_id="azure", provider=WHOLE))
    changed = pb.Provider()
    changed.CopyFrom(WHOLE)
    for field in change:
        changed.ClearField(field)  # type: ignore[arg-type]  # one of its fields, chosen at run time
    changed.MergeFrom(pb.Provider(**change))
    version = await acme.version()
    for _ in range(2):
        assert (await acme.call("UpdateProvider", api.UpdateProviderRequest(provider=changed))).provider == changed
    assert (await acme.call("GetProvider", api.GetProviderRequest(name=AZURE))).provider == changed
    assert await acme.version() == version + 1
    newest = (await acme.audit())[0]
    assert (newest.resource, newest.action, newest.version) == (AZURE, "update", version + 1)


async def test_whom_an_sdk_asks_may_change(acme: Config) -> None:
    await acme.call("CreateProvider", api.CreateProviderRequest(parent=OWN, provider_id="tail", provider=BY_SDK))
    changed = pb.Provider(name=TAIL, vendor="litellm", sdk_vendor="replicate", keys=BY_SDK.keys)
    version = await acme.version()
    for _ in range(2):
        assert (await acme.call("UpdateProvider", api.UpdateProviderRequest(provider=changed))).provider == changed
    assert (await acme.call("GetProvider", api.GetProviderRequest(name=TAIL))).provider == changed
    assert await acme.version() == version + 1


async def test_a_provider_that_says_no_more_loses_what_it_said(acme: Config) -> None:
    await acme.call("CreateProvider", api.CreateProviderRequest(parent=OWN, provider_id="azure", provider=WHOLE))
    bare = pb.Provider(name=AZURE, vendor="azure", base_url=WHOLE.base_url, keys=WHOLE.keys)
    assert (await acme.call("UpdateProvider", api.UpdateProviderRequest(provider=bare))).provider == bare
    assert (await acme.call("GetProvider", api.GetProviderRequest(name=AZURE))).provider == bare


async def test_weights_of_one_are_those_of_keys_that_say_nothing(acme: Config) -> None:
    said = pb.Provider(vendor="openai", keys=["env:A", "env:B"], key_weights=[1, 1])
    request = api.CreateProviderRequest(parent=OWN, provider_id="even", provider=said)
    made = (await acme.call("CreateProvider", request)).provider
    assert not made.key_weights
    version = await acme.version()
    assert (await acme.call("UpdateProvider", api.UpdateProviderRequest(provider=made))).provider == made
    assert await acme.version() == version


async def test_a_manifest_says_the_same_as_the_rpcs_and_twice_is_no_change(config: Config) -> None:
    await config.apply(MANIFEST)
    assert await listed(config) == [WHOLE, BY_SDK, LOCATED]
    version, audit = await config.version(), len(await config.audit())
    for again in (MANIFEST, MANIFEST.replace("file:/secrets/b]", "{key: file:/secrets/b, weight: 1}]")):
        answer = await config.apply(again)
        assert not [*answer.created, *answer.updated, *answer.deleted]
    for provider in (WHOLE, LOCATED, BY_SDK):
        await config.call("UpdateProvider", api.UpdateProviderRequest(provider=provider))
    assert (await config.version(), len(await config.audit())) == (version, audit)
    assert list((await config.apply(MANIFEST.replace("weight: 3", "weight: 2"))).updated) == [AZURE]


async def test_providers_reads_in_the_snapshot_what_was_declared(config: Config) -> None:
    await config.apply(MANIFEST)
    snapshot = await config.snapshot()
    assert snapshot is not None
    read: list[ProviderDefinition] = []
    apply_snapshot(read.extend, vendors=())(snapshot)
    assert read == [DEFINED_AZURE, DEFINED_TAIL, DEFINED_VERTEX]


async def test_it_is_still_there_after_a_restart(url: str) -> None:
    async with running(url) as config:
        await config.apply(MANIFEST)
    async with running(url) as config:
        assert await listed(config) == [WHOLE, BY_SDK, LOCATED]
