"""What every overlay renders keeps to every policy, and each policy sees what breaks it."""

import pytest

from tests.contract.deploy.conftest import OVERLAYS, Render
from tests.contract.deploy.policies import policies
from tests.contract.deploy.seeded import BAD, Bad

KEPT = [(overlay, name) for overlay in OVERLAYS for name in policies(overlay)]


@pytest.mark.parametrize(("overlay", "policy"), KEPT, ids=lambda part: part.replace(" ", "-"))
def test_the_overlay_keeps_to_the_policy(overlay: str, policy: str, rendered: Render) -> None:
    assert policies(overlay)[policy](rendered(overlay)) == []


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.spoil.__name__)
def test_the_policy_sees_what_breaks_it(bad: Bad, rendered: Render) -> None:
    objects = rendered(bad.overlay)
    bad.spoil(objects)
    assert policies(bad.overlay)[bad.policy](objects) != []


def test_every_policy_is_seen_to_fail() -> None:
    assert {bad.policy for bad in BAD} == {name for _, name in KEPT}
