"""Config as a process: how it starts, how it waits, how it refuses to start, how it is killed."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from chassis.storage.job import bring_up
from resilience.errors import Failure, Reason
from seawall.config.v1 import config_pb2 as api
from tests.integration.config.process import ended, process
from tests.integration.config.running import MANIFEST, NAMES, OWN, write
from tests.stack.eventually import eventually
from tests.stack.postgres import Postgres


async def test_a_manifest_is_applied_at_start_and_again_without_a_trace(tmp_path: Path) -> None:
    manifest = write(tmp_path / "seawall.yaml")
    versions = []
    async with process(tmp_path, manifest=str(manifest)) as config:
        for _ in range(2):
            await config.serves()
            audit = (await config.call("ListAuditRecords", api.ListAuditRecordsRequest(parent=OWN))).records
            assert {(record.actor, record.action) for record in audit} == {("seawall.yaml", "create")}
            assert sorted(record.resource for record in audit) == NAMES
            versions.append(audit[0].version)
            await config.process.stop()
            await config.process.start()
    assert versions[0] == versions[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MANIFEST.replace("provider: local", "provider: gone"), "models[0].route.targets[1].provider"),
        (MANIFEST.replace("env:SHOP_KEY", "env:NOT_SET_ANYWHERE"), "projects[0].keys[0].value"),
        (None, "cannot be read"),
    ],
)
async def test_a_wrong_manifest_ends_the_process_and_is_logged(tmp_path: Path, text: str | None, said: str) -> None:
    manifest = tmp_path / "seawall.yaml"
    if text is not None:
        write(manifest, text)
    code, output = await ended(tmp_path, manifest=str(manifest))
    assert code == 1
    (line,) = [line for line in output.splitlines() if "the service cannot start" in line]
    assert said in line


async def test_wrong_settings_are_refused_by_name(tmp_path: Path) -> None:
    code, output = await ended(tmp_path, key_pepper="short")
    assert code == 2
    assert "SEAWALL_KEY_PEPPER" in output
    code, output = await ended(tmp_path, providers_addresses="opnai=providers:50051")
    assert code == 2
    assert "SEAWALL_PROVIDERS_ADDRESSES: Value error, 'opnai' is no vendor" in output


@pytest.mark.postgres
async def test_it_lives_while_its_database_is_away_and_is_ready_once_it_is_there(
    tmp_path: Path, private_postgres: Postgres
) -> None:
    await private_postgres.stop()
    manifest = write(tmp_path / "seawall.yaml")
    async with process(tmp_path, database_url=private_postgres.url, manifest=str(manifest)) as config:
        await config.becomes("/health/live", 200)
        assert await config.status("/health/ready") == 503
        with pytest.raises(Failure) as failed:
            await config.call("GetOrganization", api.GetOrganizationRequest(name=OWN))
        assert (failed.value.reason, failed.value.retryable) == (Reason.UNAVAILABLE, True)

        await private_postgres.start()
        await config.serves()
        await config.call("GetOrganization", api.GetOrganizationRequest(name=OWN))

        await private_postgres.stop()
        with pytest.raises(Failure) as failed:
            await config.call("GetOrganization", api.GetOrganizationRequest(name=OWN))
        assert (failed.value.reason, failed.value.retryable) == (Reason.UNAVAILABLE, True)
        assert await config.status("/health/live") == 200

        await private_postgres.start()

        async def again() -> bool:
            return bool(await config.call("GetOrganization", api.GetOrganizationRequest(name=OWN)))

        await eventually(again)


async def test_where_a_job_migrates_it_waits_for_the_tables(tmp_path: Path) -> None:
    async with process(tmp_path, migrate="false", manifest=str(write(tmp_path / "seawall.yaml"))) as config:
        await config.becomes("/health/ready", 503)
        await eventually(lambda: "The tables are not migrated yet." in config.process.last_words())
        await bring_up("config", f"sqlite+aiosqlite:///{tmp_path / 'config.db'}")
        await config.becomes("/health/ready", 200)
        await config.call("GetOrganization", api.GetOrganizationRequest(name=OWN))


async def test_kill_9_leaves_every_change_whole(tmp_path: Path) -> None:
    async with process(tmp_path, manifest=str(write(tmp_path / "seawall.yaml"))) as config:
        await config.serves()
        answered: list[str] = []

        async def change() -> None:
            for number in range(10_000):
                request = api.CreateProjectRequest(parent=OWN, project_id=f"p{number}")
                answered.append((await config.call("CreateProject", request)).project.name)

        changing = asyncio.create_task(change())
        await eventually(lambda: len(answered) >= 20)
        await config.process.kill()
        with pytest.raises(Failure):
            await changing

        with sqlite3.connect(tmp_path / "config.db") as tables:
            (version,) = tables.execute("SELECT version FROM state").fetchone()
            made = {name for (name,) in tables.execute("SELECT name FROM projects WHERE name LIKE '%/projects/p%'")}
            audit = tables.execute("SELECT version FROM audit ORDER BY number").fetchall()
            outbox = tables.execute("SELECT headers ->> 'ce_id' FROM outbox ORDER BY id").fetchall()
        assert set(answered) <= made
        assert len(made) - len(answered) <= 1, "at most the one that was not answered"
        assert [int(event.partition("-")[0]) for (event,) in outbox] == [number for (number,) in audit]
        assert audit[-1] == (version,)
        assert len(audit) == len(NAMES) + len(made)

        await config.process.start()
        await config.serves()
        request = api.CreateProjectRequest(parent=OWN, project_id="after")
        await config.call("CreateProject", request)
