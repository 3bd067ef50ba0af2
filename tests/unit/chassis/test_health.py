from chassis.health import Health


def test_a_service_is_ready_once_started_with_every_condition_met() -> None:
    health = Health()
    assert not health.ready
    health.require("snapshot", "none yet")
    health.started()
    assert health.unmet == {"snapshot": "none yet"}
    health.met("snapshot")
    assert health.ready


def test_a_draining_service_is_not_ready() -> None:
    health = Health()
    health.started()
    health.draining()
    assert health.unmet == {"drain": "draining"}


def test_listeners_hear_changes_and_only_changes() -> None:
    health = Health()
    heard: list[bool] = []
    health.listen(heard.append)
    health.require("a", "why")
    health.started()
    health.met("a")
    health.met("a")
    health.draining()
    assert heard == [False, True, False]
