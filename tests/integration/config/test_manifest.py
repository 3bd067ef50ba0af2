"""ApplyManifest: exactly what is declared, once, or nothing."""

import pytest

from chassis import keys
from resilience.errors import Reason
from seawall.config.v1 import config_pb2 as api
from tests.integration.config.running import MANIFEST, NAMES, OWN, SHOP, STRANGER, Config


async def test_everything_declared_is_created_under_one_version(config: Config) -> None:
    before = await config.version()
    answer = await config.apply()
    assert list(answer.created) == NAMES
    assert not [*answer.updated, *answer.deleted]
    assert answer.version == before + 1 == await config.version()


async def test_applying_twice_leaves_no_trace(acme: Config) -> None:
    version, audit = await acme.version(), len(await acme.audit())
    answer = await acme.apply()
    assert not [*answer.created, *answer.updated, *answer.deleted]
    assert answer.version == await acme.version() == version
    assert len(await acme.audit()) == audit


async def test_a_dry_run_tells_what_would_change_and_changes_nothing(config: Config) -> None:
    before = await config.version()
    answer = await config.apply(dry_run=True)
    assert list(answer.created) == NAMES
    assert answer.version == before == await config.version()
    assert await config.reason("GetOrganization", api.GetOrganizationRequest(name=OWN)) is Reason.NOT_FOUND


async def test_what_the_manifest_no_longer_says_goes_and_what_it_says_anew_changes(acme: Config) -> None:
    changed = MANIFEST.replace("requests_per_minute: 600", "requests_per_minute: 60").replace(
        "        - {provider: local, model: meta/llama-4}\n", ""
    )
    changed = "\n".join(line for line in changed.splitlines() if "name: local" not in line)
    answer = await acme.apply(changed)
    assert list(answer.updated) == [f"{OWN}/models/chat", SHOP]
    assert list(answer.deleted) == [f"{OWN}/providers/local"]
    assert not answer.created


async def test_a_declared_key_is_found_by_its_digest(acme: Config, shop_key: str) -> None:
    snapshot = await acme.snapshot()
    assert snapshot is not None
    (record,) = snapshot.organizations[0].keys
    assert record.digest == keys.digest(shop_key, b"p" * 32)
    assert record.key.prefix == keys.prefix(shop_key)


async def test_keys_made_by_rpc_stay_and_keys_no_longer_declared_are_revoked(acme: Config) -> None:
    await acme.create_key("by-hand")
    answer = await acme.apply(MANIFEST.replace("keys: [{name: ci, value: env:SHOP_KEY}]", "keys: []"))
    assert list(answer.deleted) == [f"{SHOP}/keys/ci"]
    found = (await acme.call("ListKeys", api.ListKeysRequest(parent=SHOP))).keys
    assert {key.name: key.HasField("revoke_time") for key in found} == {
        f"{SHOP}/keys/by-hand": False,
        f"{SHOP}/keys/ci": True,
    }


async def test_a_revoked_key_is_not_brought_back_by_its_manifest(acme: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    revoked = await acme.call("RevokeKey", api.RevokeKeyRequest(name=f"{SHOP}/keys/ci"))
    answer = await acme.apply()
    assert not [*answer.created, *answer.updated, *answer.deleted]
    (key,) = (await acme.call("ListKeys", api.ListKeysRequest(parent=SHOP))).keys
    assert key.revoke_time == revoked.key.revoke_time

    monkeypatch.setenv("SHOP_KEY", keys.generate())
    assert list((await acme.apply()).updated) == [f"{SHOP}/keys/ci"]
    (key,) = (await acme.call("ListKeys", api.ListKeysRequest(parent=SHOP))).keys
    assert not key.HasField("revoke_time")


async def test_a_key_may_be_renamed_and_two_keys_may_swap_their_secrets(
    acme: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = await acme.apply(MANIFEST.replace("name: ci", "name: deploy"))
    assert (list(renamed.created), list(renamed.deleted)) == ([f"{SHOP}/keys/deploy"], [f"{SHOP}/keys/ci"])

    monkeypatch.setenv("OTHER_KEY", keys.generate())
    two = "keys: [{name: one, value: env:SHOP_KEY}, {name: two, value: env:OTHER_KEY}]"
    both = MANIFEST.replace("keys: [{name: ci, value: env:SHOP_KEY}]", two)
    await acme.apply(both)
    swapped = both.replace("SHOP_KEY", "X_KEY").replace("OTHER_KEY", "SHOP_KEY").replace("X_KEY", "OTHER_KEY")
    assert list((await acme.apply(swapped)).updated) == [f"{SHOP}/keys/one", f"{SHOP}/keys/two"]


async def test_one_secret_leads_to_one_key_over_all_organizations(acme: Config) -> None:
    theirs = MANIFEST.replace("organization: acme", "organization: other")
    request = api.ApplyManifestRequest(parent="organizations/other", manifest=theirs)
    failure = await acme.refused("ApplyManifest", request, key=STRANGER)
    assert failure.reason is Reason.INVALID_REQUEST
    assert "acme" not in failure.message


async def test_receivers_are_not_for_this_service(acme: Config) -> None:
    receivers = "receivers:\n  - {name: ops, webhook: {url: env:OPS_HOOK, secret: env:OPS_SECRET}}\n"
    answer = await acme.apply(MANIFEST + receivers)
    assert not [*answer.created, *answer.updated, *answer.deleted]
