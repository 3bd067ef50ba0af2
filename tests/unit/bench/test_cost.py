"""What the bench makes of its rounds: medians, ratios to nginx, goals, regressions."""

from array import array
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bench.__main__ import chosen, failures, parser
from bench.client import Endpoint, Run
from bench.cost import baseline, tools
from bench.cost.figures import Cost, Figures, Spread, beside_nginx
from bench.cost.goals import GOALS, judged
from bench.cost.plan import PHASES
from bench.cost.rounds import in_turn

MACHINE = {"processor": "any"}


def cost(answered: int, failed: int = 0, **cpu: float) -> Cost:
    """A round with so many answers; `cpu`: part → CPU seconds."""
    return Cost(Run(1.0, ["503"] * failed, array("d", [0.001] * answered)), cpu)


def ratio(value: float) -> Figures:
    """What a phase found, as far as it is compared."""
    return {baseline.RATIO: Spread(value, value, value)}


def test_cpu_is_for_each_request_over_all_parts() -> None:
    one = cost(1000, gateway=0.3, providers=0.1)
    assert one.cpu_ms() == pytest.approx(0.4)
    assert one.cpu_ms("providers") == pytest.approx(0.1)


def test_requests_that_failed_cost_as_others_do() -> None:
    assert cost(500, 500, gateway=1.0).cpu_ms() == pytest.approx(1.0)


def test_a_ratio_is_of_one_round_and_not_of_medians_over_rounds() -> None:
    ours = [cost(1000, gateway=seconds) for seconds in (0.2, 0.4, 0.9)]
    nginx = [cost(1000, nginx=seconds) for seconds in (0.02, 0.02, 0.01)]
    found = beside_nginx(ours, nginx)[baseline.RATIO]
    assert found == Spread(20.0, 10.0, 90.0)


def test_what_failed_is_counted_and_shown() -> None:
    figures = beside_nginx([cost(9, 1, gateway=1.0), cost(8, 2, gateway=1.0)], [cost(10, nginx=1.0)] * 2)
    assert (figures["failed"], figures["a failure"]) == (3, "503")
    assert failures({"well": ratio(1.0), "ill": figures}) == ["ill"]


@pytest.mark.parametrize("name", ["failed", "failed_nginx", "2 workers: failed"])
def test_a_failure_anywhere_is_a_failure(name: str) -> None:
    assert failures({"phase": {name: 1}}) == ["phase"]
    assert failures({"phase": {name: 0}}) == []


def test_a_goal_is_met_up_to_its_bound() -> None:
    goal = next(goal for goal in GOALS if goal.phase == "saturation")
    at, above = (Spread(value, 0.0, 9.0) for value in (goal.at_most, goal.at_most * 1.001))
    assert [one.met for one in judged({goal.phase: {goal.figure: at}})] == [True]
    assert [one.met for one in judged({goal.phase: {goal.figure: above}})] == [False]


def test_a_goal_whose_phase_was_not_measured_is_not_judged() -> None:
    assert list(judged({"streaming": {"cpu_ms": "left out"}})) == []


def test_every_goal_is_of_a_phase_of_the_short_run() -> None:
    assert {goal.phase for goal in GOALS} <= {phase.name for phase in PHASES if phase.short}


def test_a_ratio_within_the_tolerance_is_no_regression() -> None:
    kept = {"saturation": 10.0}
    within, beyond = (10.0 * (1 + baseline.TOLERANCE) + more for more in (-0.01, 0.01))
    assert not next(baseline.compared({"saturation": ratio(within)}, kept)).regressed
    assert next(baseline.compared({"saturation": ratio(beyond)}, kept)).regressed


def test_a_phase_that_the_baseline_does_not_know_is_not_compared() -> None:
    assert list(baseline.compared({"new": ratio(1.0), "without": {}}, {"other": 1.0})) == []


def test_a_baseline_keeps_the_phases_that_were_not_measured(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    assert baseline.read(file) == {}
    baseline.keep({"50/s": ratio(5.0), "200/s": ratio(4.0)}, MACHINE, file)
    baseline.keep({"200/s": ratio(3.0), "features": {}}, MACHINE, file)
    assert baseline.read(file) == {"50/s": 5.0, "200/s": 3.0}


def test_the_committed_baseline_names_phases_that_there_are() -> None:
    assert baseline.read().keys() <= {phase.name for phase in PHASES}


async def test_every_other_round_goes_backwards() -> None:
    order: list[tuple[int, str]] = []

    def turn(name: str) -> Callable[[int], Awaitable[Cost]]:
        async def one(number: int) -> Cost:
            order.append((number, name))
            return cost(1, gateway=number)

        return one

    costs = await in_turn(3, {name: turn(name) for name in ("seawall", "nginx", "direct")})
    assert [name for number, name in order if number == 0] == ["seawall", "nginx", "direct"]
    assert [name for number, name in order if number == 1] == ["direct", "nginx", "seawall"]
    assert [one.cpu["gateway"] for one in costs["nginx"]] == [0, 1, 2]


def test_numbered_requests_differ_in_their_number_alone() -> None:
    endpoint, same = (Endpoint.chat("http://h:1/v1", "k", "m") for _ in range(2))
    first, second = endpoint.next(), same.next()
    at = slice(endpoint.number_at, endpoint.number_at + 8)
    assert int(second[at]) == int(first[at]) + 1
    assert first.replace(first[at], second[at]) == second
    assert len(first) == len(endpoint.request)


def test_requests_that_are_not_numbered_are_the_same() -> None:
    endpoint = Endpoint.chat("http://h:1/v1", "k", "m", numbered=False)
    assert endpoint.next() == endpoint.next() == endpoint.request


def test_a_body_is_as_large_as_the_goals_say() -> None:
    _, _, body = Endpoint.chat("http://h:1/v1", "k", "m").request.partition(b"\r\n\r\n")
    assert 1800 <= len(body) <= 1900


@pytest.mark.parametrize("program", ["nginx", "cc"])
def test_a_missing_program_ends_the_bench_in_one_line_that_says_how_to_get_it(
    program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools, "_FURTHER", str(tmp_path))
    with pytest.raises(SystemExit, match=rf"^The bench needs {program}: apt-get install \S+.*$"):
        tools.required(program)


def test_a_short_run_leaves_out_what_takes_long_and_a_full_one_leaves_out_nothing() -> None:
    short, full = ([phase.name for phase, _ in chosen(parser().parse_args(told))] for told in ([], ["--full"]))
    assert full == [phase.name for phase in PHASES]
    assert set(full) - set(short) == {"features", "memory over time", "scaling"}


def test_phases_that_are_named_are_measured_as_told() -> None:
    told = ["--phases", "scaling,saturation", "--rounds", "2", "--seconds", "1.5", "--workers", "1,4"]
    (first, length), (second, of_scaling) = chosen(parser().parse_args(told))
    assert (first.name, length.rounds, length.seconds, length.workers) == ("saturation", 2, 1.5, ())
    assert (second.name, of_scaling.rounds, of_scaling.workers) == ("scaling", 2, [1, 4])


def test_a_phase_that_there_is_not_is_refused() -> None:
    with pytest.raises(SystemExit, match="there is no phase sturation"):
        chosen(parser().parse_args(["--phases", "sturation"]))


def test_every_phase_of_a_full_run_under_load_has_ten_rounds_or_more() -> None:
    assert all(phase.full.rounds >= 10 or phase.full.requests or phase.name == "idle memory" for phase in PHASES)


def test_every_phase_can_be_named() -> None:
    for phase in PHASES:
        assert [one for one, _ in chosen(parser().parse_args(["--phases", phase.name]))] == [phase]
