"""Keys: shown once, kept as digests, revoked for good, handed out by rank."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis import keys
from chassis.principal import Principal, Role
from resilience.errors import Reason
from seawall.config.v1 import config_pb2 as api
from seawall.config.v1 import resources_pb2 as pb
from tests.integration.config.running import ADMIN, MANIFEST, OWN, OWNER, PEPPER, SHOP, Config
from tests.stack.postgres import plain


async def test_a_secret_is_shown_once_and_is_in_no_table(acme: Config, url: str, shop_key: str) -> None:
    created = await acme.create_key("ci-2", pb.ROLE_ADMIN)
    assert keys.is_wellformed(created.secret)
    assert (created.key.name, created.key.role) == (f"{SHOP}/keys/ci-2", pb.ROLE_ADMIN)
    assert created.key.prefix == keys.prefix(created.secret)
    assert not created.key.HasField("expire_time")

    snapshot = await acme.snapshot()
    assert snapshot is not None
    digests = {record.key.name: record.digest for record in snapshot.organizations[0].keys}
    assert digests[created.key.name] == keys.digest(created.secret, PEPPER.encode())

    tables = await dump(url)
    assert created.key.prefix in tables  # the dump shows what is stored
    for secret in (created.secret, shop_key):
        assert secret[len(keys.prefix(secret)) :] not in tables
    assert PEPPER not in tables


async def test_a_key_is_revoked_once_and_for_good(acme: Config) -> None:
    name = api.RevokeKeyRequest(name=f"{SHOP}/keys/ci")
    version = await acme.version()
    first = (await acme.call("RevokeKey", name)).key
    assert first.HasField("revoke_time")
    assert await acme.version() == version + 1

    acme.clock.ahead = timedelta(hours=1)
    assert (await acme.call("RevokeKey", name)).key == first
    assert await acme.version() == version + 1
    newest = (await acme.audit())[0]
    assert (newest.action, newest.resource, newest.actor) == ("revoke", name.name, ADMIN.name)

    snapshot = await acme.snapshot()
    assert snapshot is not None
    (record,) = snapshot.organizations[0].keys
    assert record.key.revoke_time == first.revoke_time


async def test_a_key_that_is_not_there_is_not_revoked(acme: Config) -> None:
    assert await acme.reason("RevokeKey", api.RevokeKeyRequest(name=f"{SHOP}/keys/no")) is Reason.NOT_FOUND


async def test_a_key_needs_its_project_and_an_id_of_its_own(acme: Config) -> None:
    key = pb.Key(role=pb.ROLE_VIEWER)
    elsewhere = api.CreateKeyRequest(parent=f"{OWN}/projects/no", key_id="x", key=key)
    assert await acme.reason("CreateKey", elsewhere) is Reason.NOT_FOUND
    again = api.CreateKeyRequest(parent=SHOP, key_id="ci", key=key)
    assert await acme.reason("CreateKey", again) is Reason.ALREADY_EXISTS


async def test_an_expiry_is_kept(acme: Config) -> None:
    expires = acme.clock.now() + timedelta(days=1)
    key = pb.Key(role=pb.ROLE_VIEWER)
    key.expire_time.FromDatetime(expires)
    created = await acme.call("CreateKey", api.CreateKeyRequest(parent=SHOP, key_id="x", key=key))
    assert created.key.expire_time == key.expire_time
    listed = (await acme.call("ListKeys", api.ListKeysRequest(parent=SHOP))).keys
    assert created.key in listed


@pytest.mark.parametrize("role", Role)
async def test_nobody_makes_or_ends_a_key_above_his_own(acme: Config, role: Role) -> None:
    caller = Principal("acme", "shop", "caller", role)
    for wanted in Role:
        request = api.CreateKeyRequest(
            parent=SHOP,
            key_id=f"made-{wanted.name.lower()}",
            key=pb.Key(role=int(wanted)),  # type: ignore[arg-type]
        )
        if wanted > role:
            version = await acme.version()
            assert await acme.reason("CreateKey", request, key=caller) is Reason.PERMISSION_DENIED
            await acme.call("CreateKey", request, key=OWNER)
            revoke = api.RevokeKeyRequest(name=f"{SHOP}/keys/{request.key_id}")
            assert await acme.reason("RevokeKey", revoke, key=caller) is Reason.PERMISSION_DENIED
            assert await acme.version() == version + 1
        else:
            await acme.call("CreateKey", request, key=caller)


async def test_rank_holds_for_manifests_and_for_deleted_projects(acme: Config) -> None:
    boss = MANIFEST.replace("value: env:SHOP_KEY", "value: env:SHOP_KEY, role: owner")
    assert await acme.reason("ApplyManifest", api.ApplyManifestRequest(parent=OWN, manifest=boss)) is (
        Reason.PERMISSION_DENIED
    )
    await acme.apply(boss, key=OWNER)
    assert await acme.reason("DeleteProject", api.DeleteProjectRequest(name=SHOP), key=ADMIN) is (
        Reason.PERMISSION_DENIED
    )


async def dump(url: str) -> str:
    """Everything that is in the database, as text; bytes as characters of the same number."""
    rows: list[Any] = []
    if url.startswith("sqlite"):
        connection = sqlite3.connect(Path(url.partition("///")[2]))
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows += connection.execute(f'SELECT * FROM "{table}"').fetchall()
        connection.close()
    else:
        postgres = await asyncpg.connect(plain(url))
        tables = await postgres.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'config'")
        for (table,) in tables:
            rows += [tuple(row) for row in await postgres.fetch(f'SELECT * FROM config."{table}"')]
        await postgres.close()
    return "\n".join(
        value.decode("latin-1") if isinstance(value, bytes) else str(value) for row in rows for value in row
    )
