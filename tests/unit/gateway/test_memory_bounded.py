import pytest

from resilience.clock import VirtualClock
from services.gateway.adapters.memory_bounded import BoundedTable


def table_of(*, max_bytes: int = 1000, max_entries: int = 100) -> BoundedTable[str]:
    return BoundedTable(VirtualClock(), max_bytes=max_bytes, max_entries=max_entries)


@pytest.mark.parametrize("bounds", [{"max_entries": 3}, {"max_bytes": 33}])
def test_what_was_used_longest_ago_goes_first(bounds: dict[str, int]) -> None:
    table = table_of(**bounds)
    for key in "abc":
        table.put(key, key, 10, 60)
    assert table.get("a") == "a"
    table.put("d", "d", 10, 60)
    assert [table.get(key) for key in "abcd"] == ["a", None, "c", "d"]


def test_bytes_are_counted_with_their_keys_and_given_back() -> None:
    table = table_of()
    table.put("key", "x", 100, 60)
    table.put("key", "y", 50, 60)
    assert (table.bytes, len(table)) == (53, 1)
    table.remove("key")
    assert (table.bytes, len(table)) == (0, 0)


def test_what_alone_is_over_the_bound_is_not_held_and_pushes_nothing_out() -> None:
    table = table_of(max_bytes=100)
    table.put("a", "a", 50, 60)
    table.put("b", "b", 100, 60)
    assert (table.get("a"), table.get("b")) == ("a", None)


async def test_what_is_over_its_time_is_gone() -> None:
    clock = VirtualClock()
    table: BoundedTable[str] = BoundedTable(clock, max_bytes=100, max_entries=10)
    table.put("a", "a", 1, 5)
    await clock.advance(4.9)
    assert table.get("a") == "a"
    await clock.advance(0.2)
    assert (table.get("a"), table.bytes) == (None, 0)
