"""GetSnapshot: everything at one version, and nothing to those who have it."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from resilience.errors import Failure, Reason
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1.config_pb2_grpc import SnapshotServiceStub
from tests.integration.config.running import ADMIN, MANIFEST, OWN, SHOP, STRANGER, Config, running, write
from tests.stack.eventually import eventually
from tests.stack.postgres import plain


async def test_an_empty_service_has_a_snapshot_to_run_on(config: Config) -> None:
    snapshot = await config.snapshot()
    assert snapshot is not None
    assert snapshot.version > 0
    assert not snapshot.organizations
    assert await config.snapshot(snapshot.version) is None


async def test_a_snapshot_holds_what_every_organization_has_set(acme: Config) -> None:
    await acme.apply(
        MANIFEST.replace("organization: acme", "organization: other").replace(
            "keys: [{name: ci, value: env:SHOP_KEY}]", "keys: []"
        ),
        key=STRANGER,
    )
    snapshot = await acme.snapshot()
    assert snapshot is not None
    mine, theirs = snapshot.organizations
    assert (mine.organization.name, theirs.organization.name) == (OWN, "organizations/other")
    assert [provider.name for provider in mine.providers] == [f"{OWN}/providers/local", f"{OWN}/providers/openai-main"]
    assert list(mine.list_priced_providers) == [f"{OWN}/providers/local", f"{OWN}/providers/openai-main"]
    (model,) = mine.models
    assert [target.model for target in model.route.targets] == ["gpt-5-mini", "meta/llama-4"]
    assert (model.route.policy.timeout.seconds, model.route.policy.retries) == (60, 2)
    (project,) = mine.projects
    assert (project.name, list(project.models), project.limits.requests_per_minute) == (SHOP, ["chat"], 600)
    (price,) = mine.prices
    assert (price.input, price.output, price.cached_input) == ("0.25", "2", "")
    assert len(mine.keys[0].digest) == 32
    assert not theirs.keys


async def test_the_catalogue_comes_with_the_snapshot_to_whoever_has_another(acme: Config) -> None:
    async def asked(version: int, catalogue: str) -> bool:
        stub = SnapshotServiceStub(acme.peer.channel)
        request = api.GetSnapshotRequest(known_version=version, known_catalogue=catalogue)
        return (await acme.peer.call(stub.GetSnapshot, request, timeout=30)).HasField("snapshot")

    snapshot = await acme.snapshot()
    assert snapshot is not None
    listed = {model for price in snapshot.catalogue if price.vendor == "openai" for model in price.models}
    assert "gpt-5-mini" in listed
    assert await asked(snapshot.version, "")
    assert await asked(snapshot.version, "of another version of Seawall")
    assert await asked(snapshot.version - 1, snapshot.catalogue_digest)
    assert not await asked(snapshot.version, snapshot.catalogue_digest)
    assert await acme.snapshot(snapshot.version) is None, "a gateway of the version before does not ask for it"


async def test_a_snapshot_says_where_each_vendor_is_served_and_is_new_when_only_that_changed(url: str) -> None:
    known = api.GetSnapshotRequest()
    for at in ({}, {"openai": "providers-openai:50051"}, {"openai": "p:1", "azure": "p:2"}, {"openai": "p:1"}):
        async with running(url, providers_addresses=at) as config:
            stub = SnapshotServiceStub(config.peer.channel)
            answer = await config.peer.call(stub.GetSnapshot, known, timeout=30)
            assert answer.HasField("snapshot"), "who has another setting's has not this one's"
            assert dict(answer.snapshot.providers_addresses) == at
            assert known.known_version in {0, answer.snapshot.version}, "only the setting changed"
            known.known_version = answer.snapshot.version
            known.known_catalogue = answer.snapshot.catalogue_digest
            again = await config.peer.call(stub.GetSnapshot, known, timeout=30)
            assert not again.HasField("snapshot")


async def test_no_organization_says_where_a_vendor_is_served(acme: Config) -> None:
    wrong = api.ApplyManifestRequest(parent=OWN, manifest=f"{MANIFEST}\nproviders_addresses: {{openai: evil:1}}")
    failure = await acme.refused("ApplyManifest", wrong)
    assert failure.detail["field"] == "providers_addresses"
    snapshot = await acme.snapshot()
    assert snapshot is not None
    assert not snapshot.providers_addresses


async def test_versions_only_grow_and_a_known_one_is_answered_with_nothing(acme: Config) -> None:
    versions = []
    for number in range(3):
        await acme.call("CreateProject", api.CreateProjectRequest(parent=OWN, project_id=f"p{number}"))
        versions.append(await acme.version())
    assert versions == list(range(versions[0], versions[0] + 3))
    assert await acme.snapshot(versions[-1]) is None
    assert await acme.snapshot(versions[-1] + 1) is not None, "of a version that was lost, the caller must come back"


async def test_snapshots_are_whole_while_changes_are_made(acme: Config) -> None:
    async def change() -> None:
        for number in range(10):
            manifest = MANIFEST.replace("name: chat", f"name: chat-{number}").replace("[chat]", f"[chat-{number}]")
            await acme.apply(manifest)

    changing = asyncio.create_task(change())
    seen = set()
    while not changing.done():
        snapshot = await acme.snapshot()
        assert snapshot is not None
        (organization,) = snapshot.organizations
        (model,), (project,) = organization.models, organization.projects
        assert model.name == f"{OWN}/models/{project.models[0]}"
        seen.add(snapshot.version)
    await changing
    assert len(seen) > 1


async def test_changes_made_at_once_are_made_one_after_the_other(acme: Config) -> None:
    before = await acme.version()
    requests = [api.CreateProjectRequest(parent=OWN, project_id=f"p{number}") for number in range(20)]
    await asyncio.gather(*(acme.call("CreateProject", request, key=ADMIN) for request in requests))
    assert await acme.version() == before + 20
    records = [record.version for record in await acme.audit() if record.version > before]
    assert sorted(records) == list(range(before + 1, before + 21))


async def test_two_replicas_agree(acme: Config, url: str) -> None:
    async with running(url) as replica:
        await replica.call("CreateProject", api.CreateProjectRequest(parent=OWN, project_id="there"))
        assert await acme.snapshot() == await replica.snapshot()


@pytest.mark.postgres
async def test_there_is_no_snapshot_before_what_is_declared_is_applied(database: str, tmp_path: Path) -> None:
    async with running(database):
        pass  # the tables are there
    connection = await asyncpg.connect(plain(database), timeout=10)
    try:
        changing = connection.transaction()
        await changing.start()
        await connection.execute("SELECT * FROM config.state FOR UPDATE", timeout=10)
        async with running(database, ready=False, manifest=write(tmp_path / "seawall.yaml")) as config:
            await eventually(lambda: connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
            with pytest.raises(Failure) as raised:
                await config.snapshot()
            assert (raised.value.reason, raised.value.retryable) == (Reason.UNAVAILABLE, True)
            await changing.rollback()
            snapshot = await eventually(config.snapshot)
            assert snapshot is not None
            assert [one.organization.name for one in snapshot.organizations] == [OWN]
    finally:
        await connection.close()
