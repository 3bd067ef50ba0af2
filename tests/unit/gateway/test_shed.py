"""What matters least is refused first, and only what must be."""

import random

import pytest

from resilience.criticality import Criticality
from resilience.errors import Failure, Reason
from services.gateway.application.shed import Shed
from services.gateway.domain.configuration import Project
from services.gateway.domain.options import Options
from services.gateway.domain.pressure import FEW, STANDING, Pressure
from tests.unit.gateway.world import World


def refused(pressure: Pressure, level: Criticality) -> float:
    return sum(pressure.refuses(level, n / 1000) for n in range(1000)) / 1000


def stays_behind(pressure: Pressure, lag: float) -> None:
    for _ in range(STANDING):
        pressure.measured(lag)


def test_nothing_is_refused_while_there_is_little_to_do() -> None:
    pressure = Pressure(most=100)
    pressure.measured(0.01)
    pressure.requests = 40
    assert [refused(pressure, level) for level in Criticality] == [0, 0, 0, 0]


def test_the_later_the_process_is_the_more_that_matters_is_refused() -> None:
    pressure = Pressure(most=100)
    pressure.requests = 20
    shares = []
    for lag in (0.06, 0.15, 0.3, 1.0):
        stays_behind(pressure, lag)
        shares.append([refused(pressure, level) for level in Criticality])
    assert shares[0][0] > 0
    assert shares[0][1:] == [0, 0, 0]
    assert shares[1][0] == 1
    assert 0 < shares[1][1] < 1
    assert shares[2][:2] == [1, 1]
    assert 0 < shares[2][2] < 1
    assert shares[3] == [1, 1, 1, 0], "what is critical is refused by lateness last of all"


def test_a_late_process_that_catches_up_takes_everything_again() -> None:
    pressure = Pressure(most=100)
    pressure.requests = 20
    stays_behind(pressure, 1.0)
    assert refused(pressure, Criticality.SHEDDABLE) == 1
    pressure.measured(0.0)
    assert refused(pressure, Criticality.SHEDDABLE) == 0


def test_a_delay_that_passes_is_no_reason_to_refuse_anything() -> None:
    pressure = Pressure(most=100)
    pressure.requests = 20
    for lag in (2.0, 1.5, 0.01, 2.0, 2.0):
        pressure.measured(lag)
        assert refused(pressure, Criticality.SHEDDABLE) == 0


def test_a_process_that_is_late_with_few_requests_is_not_made_late_by_them() -> None:
    pressure = Pressure(most=100)
    stays_behind(pressure, 2.0)
    pressure.requests = FEW
    assert refused(pressure, Criticality.SHEDDABLE) == 0
    pressure.requests = FEW + 1
    assert refused(pressure, Criticality.SHEDDABLE) == 1


def test_memory_is_bounded_and_what_matters_most_has_the_last_of_it() -> None:
    pressure = Pressure(most=100)
    pressure.requests = 95
    assert [refused(pressure, level) for level in Criticality] == [1, 1, 1, 0]
    pressure.requests = 101
    assert refused(pressure, Criticality.CRITICAL) == 1


async def test_a_refusal_says_when_to_come_again() -> None:
    world = World({})
    pressure = Pressure(most=1)
    pressure.requests = 2
    with pytest.raises(Failure) as raised:
        await Shed(pressure, random.Random(1))(world.exchange())
    assert (raised.value.reason, raised.value.retry_after) == (Reason.OVERLOADED, 1.0)


@pytest.mark.parametrize(
    ("project", "asked", "found"),
    [
        (Project(), None, Criticality.DEFAULT),
        (Project(criticality=Criticality.CRITICAL), None, Criticality.CRITICAL),
        (Project(), Criticality.BATCH, Criticality.BATCH),
        (Project(policy_overrides=True), Criticality.CRITICAL, Criticality.CRITICAL),
    ],
)
async def test_how_much_a_request_matters_is_its_projects_to_say(
    project: Project, asked: Criticality | None, found: Criticality
) -> None:
    exchange = World({}, project=project).exchange(options=Options(criticality=asked))
    await Shed(Pressure(most=10), random.Random(1))(exchange)
    assert exchange.criticality is found


async def test_a_request_may_not_call_itself_more_critical_than_its_project() -> None:
    exchange = World({}).exchange(options=Options(criticality=Criticality.CRITICAL))
    with pytest.raises(Failure) as raised:
        await Shed(Pressure(most=10), random.Random(1))(exchange)
    assert raised.value.reason is Reason.PERMISSION_DENIED
