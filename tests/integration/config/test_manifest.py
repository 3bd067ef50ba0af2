"""ApplyManifest and the manifest at start-up."""

import pytest

from chassis import keys
from resilience.errors import Failure, Reason
from seawall.config.v1 import config_pb2 as api
from tests.integration.config.running import ADMIN, MANIFEST, NAMES, OWN, OWNER, SHOP, Config


async def test_everything_declared_is_created(config: Config) -> None:
    before = await config.version()
    answer = await config.apply()
    assert list(answer.created) == NAMES
    assert not answer.updated
    assert not answer.deleted
    assert answer.version == before + 1
    assert (await config.snapshot(before)) is not None


async def test_applying_twice_leaves_no_trace(acme: Config) -> None:
    version, audit = await acme.version(), len(await acme.audit())
    answer = await acme.apply()
    assert not (answer.created or answer.updated or answer.deleted)
    assert answer.version == await acme.version() == version
    assert len(await acme.audit()) == audit
