"""One system for all of the suite, with a model of its own for every case."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.conformance.case import LONE, TWO, Caller
from tests.conformance.manifest import CREDENTIALS, Model, manifest, model_of
from tests.conformance.table import CASES
from tests.e2e.system import System, running_system

PAIRS, LONES = 600, 100


@pytest.fixture(name="system", scope="session")
async def _system() -> AsyncIterator[System]:
    models = [model_of(case, caller) for case in CASES for caller in Caller]
    models += [Model(f"pair-{number}", TWO) for number in range(PAIRS)]
    models += [Model(f"lone-{number}", LONE) for number in range(LONES)]
    async with running_system(
        manifest=lambda simulator: manifest(models, simulator), environment=CREDENTIALS
    ) as system:
        yield system


@pytest.fixture(scope="session")
def pairs() -> Iterator[str]:
    """Models with alpha and beta as their targets, that nobody has asked yet."""
    return (f"pair-{number}" for number in range(PAIRS))


@pytest.fixture(scope="session")
def lones() -> Iterator[str]:
    """Models with alpha as their only target, that nobody has asked yet."""
    return (f"lone-{number}" for number in range(LONES))
