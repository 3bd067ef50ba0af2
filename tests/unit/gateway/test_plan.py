from services.gateway.domain.plan import PROBE_INTERVAL, DownTargets, order
from services.gateway.domain.route import Route, Target

A, B, C = Target("a", "m"), Target("b", "m"), Target("c", "m")
ROUTE = Route((A, B, C))


def names(down: DownTargets, now: float) -> list[str]:
    return [step.target.name for step in order("acme", ROUTE, down, now).steps]


def test_targets_stand_as_the_route_says_and_each_tells_why() -> None:
    plan = order("acme", ROUTE, DownTargets(), 0.0)
    assert [(step.target, step.explanation) for step in plan.steps] == [
        (A, "target 1 of the route"),
        (B, "target 2 of the route"),
        (C, "target 3 of the route"),
    ]


def test_a_down_target_is_asked_last_but_for_one_probe_an_interval() -> None:
    down = DownTargets()
    down.put("acme", "a/m", "9 of 10 failed")
    assert names(down, 0.0) == ["a/m", "b/m", "c/m"]
    assert names(down, 0.1) == ["b/m", "c/m", "a/m"]
    assert names(down, PROBE_INTERVAL) == ["a/m", "b/m", "c/m"]
    assert "9 of 10 failed" in order("acme", ROUTE, down, PROBE_INTERVAL + 0.1).steps[-1].explanation


def test_a_target_that_is_up_again_stands_where_it_stood() -> None:
    down = DownTargets()
    down.put("acme", "a/m", "why")
    names(down, 0.0)
    down.remove("acme", "a/m")
    assert names(down, 0.1) == ["a/m", "b/m", "c/m"]


def test_where_all_are_down_all_are_still_asked() -> None:
    down = DownTargets()
    for target in (A, B, C):
        down.put("acme", target.name, "why")
    names(down, 0.0)
    assert sorted(names(down, 0.1)) == ["a/m", "b/m", "c/m"]


def test_a_target_behind_one_that_works_is_not_probed() -> None:
    down = DownTargets()
    down.put("acme", "b/m", "why")
    assert names(down, 0.0) == ["a/m", "c/m", "b/m"]


def test_another_organizations_target_of_the_same_name_is_another_target() -> None:
    down = DownTargets()
    down.put("other", "a/m", "why")
    assert names(down, 0.0) == ["a/m", "b/m", "c/m"]
