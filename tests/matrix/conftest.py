"""One system for all of the matrix, before every vendor that is simulated."""

from collections.abc import AsyncIterator

import pytest

from simulator import Access, Vendor, VendorSpec
from simulator.recorder import Recorder
from tests.e2e.system import System, running_system
from tests.integration.providers.token_endpoint import TokenEndpoint
from tests.matrix.cells import CELLS, manifest, secrets
from tests.matrix.vendors import VENDORS
from tests.stack.eventually import eventually


@pytest.fixture(name="system", scope="session")
async def _system() -> AsyncIterator[System]:
    accepted: dict[str, set[str]] = {vendor.name: {vendor.secret} - {""} for vendor in VENDORS}
    simulated: dict[str, Vendor] = {}

    def given(token: str) -> None:
        for vendor in VENDORS:
            if not vendor.secret:
                accepted[vendor.name].add(token)
                simulated[vendor.name].access = Access(keys=frozenset(accepted[vendor.name]))

    vendors = [
        VendorSpec(name=vendor.name, dialect=vendor.dialect, access=Access(keys=frozenset(accepted[vendor.name])))
        for vendor in VENDORS
    ]
    async with (
        TokenEndpoint(given) as endpoint,
        running_system(manifest=manifest, environment=secrets(endpoint.service_account()), vendors=vendors) as system,
    ):
        simulated.update(system.simulator.vendors)
        for vendor in simulated.values():
            # A slow cell's request is read after many others.
            vendor.recorder = Recorder(keep_bodies=10_000)
        last = next(cell for cell in reversed(CELLS) if cell.fails)
        # A gateway may serve before it knows all of so many models.
        await eventually(lambda: system.openai().models.retrieve(last.slug(last.feature.shapes[-1])))
        yield system
