"""No receiver takes the room of another."""

from dataclasses import replace

from services.alerts.domain.lanes import FAILING_LANE, LANE, Lanes
from services.alerts.domain.receiver import Receiver
from tests.unit.alerts.values import T0, delivery, receiver


def due(count: int, to: Receiver) -> list[tuple[object, Receiver]]:
    return [(delivery(f"{to.id}-{number}", receiver=to.id), to) for number in range(count)]


def failing(receiver_id: str) -> Receiver:
    return replace(receiver(receiver_id), failing_since=T0)


def chosen(lanes: Lanes, *queues: list[tuple[object, Receiver]]) -> list[str]:
    return [one.id for one, _ in lanes.choose([item for queue in queues for item in queue])]  # type: ignore[misc]


def test_a_receiver_takes_no_more_than_its_lane() -> None:
    lanes = Lanes(64)
    assert len(chosen(lanes, due(10, receiver("slow")))) == LANE
    assert len(chosen(lanes, due(10, receiver("slow")), due(1, receiver("ok")))) == LANE + 1


def test_what_is_under_way_counts() -> None:
    lanes, slow = Lanes(64), receiver("slow")
    for _ in range(LANE):
        lanes.enter(slow)
    assert chosen(lanes, due(1, slow)) == []
    assert lanes.full == {("acme", "slow")}
    lanes.leave(slow)
    assert chosen(lanes, due(2, slow)) == ["slow-0"]
    assert lanes.full == frozenset()


def test_a_failing_receiver_is_tried_one_at_a_time() -> None:
    assert len(chosen(Lanes(64), due(10, failing("dead")))) == FAILING_LANE


def test_failing_receivers_together_leave_half_of_the_room_to_the_others() -> None:
    lanes = Lanes(8)
    dead = [due(1, failing(f"dead-{number}")) for number in range(20)]
    assert len(chosen(lanes, *dead)) == 4
    assert chosen(lanes, *dead, due(1, receiver("ok")))[-1] == "ok-0"


def test_choosing_takes_no_room_before_it_is_entered() -> None:
    lanes = Lanes(4)
    chosen(lanes, due(4, receiver("a")))
    assert lanes.free == 4


def test_there_is_never_more_under_way_than_the_width() -> None:
    lanes = Lanes(3)
    assert len(chosen(lanes, *(due(2, receiver(f"r{number}")) for number in range(5)))) == 3
