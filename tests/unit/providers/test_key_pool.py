"""A provider's credentials: taken by weight, left to rest, tried again."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.clock import VirtualClock
from resilience.errors import Reason
from services.providers.domain.credential import JITTER, PERIODS, Credential, PooledCredential, Use
from services.providers.domain.failure import MEANINGS, VendorFailure
from services.providers.domain.key_pool import KeyPool

REFUSED = VendorFailure(Reason.VENDOR_AUTHENTICATION, status=401)
EMPTY = VendorFailure(Reason.VENDOR_QUOTA_EXHAUSTED, status=402)
LIMITED = VendorFailure(Reason.VENDOR_RATE_LIMITED, status=429)
BROKEN = VendorFailure(Reason.VENDOR_ERROR, status=500)


class World:
    """A pool of credentials with one letter each, and what was told of them."""

    def __init__(self, names: str, weights: Sequence[int] = ()) -> None:
        self.clock = VirtualClock()
        self.told: list[tuple[str, bool]] = []
        rng = random.Random(1)
        self.pool = KeyPool(
            [
                PooledCredential(Credential(name, f"sk-{name}"), clock=self.clock, rng=rng, tell=self._tell)
                for name in names
            ],
            self.clock,
            weights,
        )

    def _tell(self, key: PooledCredential) -> None:
        self.told.append((key.credential.reference, key.refused))

    def call(self, **bad: VendorFailure) -> list[str]:
        """Call as SendRequest does, the credentials of `bad` failing so; those that were shown, in order.

        The last one is `-` where nothing could be taken, or the call failed.
        """
        shown: list[str] = []
        tried: list[PooledCredential] = []
        try:
            use: Use | None = self.pool.take()
        except VendorFailure:
            return ["-"]
        while use is not None:
            key = use.key
            name = key.credential.reference
            shown.append(name)
            if name not in bad:
                key.accepted(use)
                return shown
            key.failed(use, bad[name])
            if bad[name].reason not in PERIODS:
                break
            tried.append(key)
            use = self.pool.another(tried, bad[name].reason)
        return [*shown, "-"]


def test_credentials_take_turns() -> None:
    world = World("ab")
    assert [world.call() for _ in range(4)] == [["a"], ["b"], ["a"], ["b"]]


def test_credentials_are_taken_by_weight_and_a_heavy_one_is_not_taken_in_a_row() -> None:
    world = World("abc", (5, 1, 1))
    assert "".join(name for _ in range(14) for name in world.call()) == "aabacaa" * 2


def test_the_others_share_what_a_resting_credential_would_have_got() -> None:
    world = World("abc", (4, 2, 1))
    world.call(a=REFUSED)
    assert Counter(name for _ in range(30) for name in world.call()) == {"b": 20, "c": 10}


async def test_a_credential_that_is_back_gets_its_share_and_does_not_make_up_for_its_rest() -> None:
    world = World("ab", (1, 3))
    world.call(a=REFUSED)
    for _ in range(1000):
        world.call()
    await world.clock.advance(60 * (1 + JITTER) + 1)
    assert Counter(name for _ in range(40) for name in world.call()) == {"a": 10, "b": 30}


@pytest.mark.parametrize("failure", [REFUSED, EMPTY, LIMITED])
def test_every_other_credential_is_tried_once_before_the_call_fails(failure: VendorFailure) -> None:
    assert World("abcd").call(a=failure, b=failure, c=failure) == ["a", "b", "c", "d"]
    assert World("abc").call(a=failure, b=failure, c=failure) == ["a", "b", "c", "-"]


def test_a_failure_that_is_not_the_credentials_fault_ends_the_call_and_none_rests() -> None:
    world = World("ab")
    assert world.call(a=BROKEN) == ["a", "-"]
    assert [world.call() for _ in range(2)] == [["b"], ["a"]]


async def test_a_refused_credential_is_skipped_until_its_time_is_over_and_then_probed_by_one_call() -> None:
    world = World("ab")
    assert world.call(a=REFUSED) == ["a", "b"]
    await world.clock.advance(59.9)
    assert [world.call() for _ in range(3)] == [["b"]] * 3
    await world.clock.advance(60 * JITTER + 0.2)
    probe, other = world.pool.take(), world.pool.take()
    if probe.key.credential.reference == "b":
        probe, other = other, world.pool.take()
    assert (probe.key.credential.reference, other.key.credential.reference) == ("a", "b")
    await world.clock.advance(30.0)
    assert {world.pool.take().key.credential.reference for _ in range(4)} == {"b"}
    probe.key.accepted(probe)
    assert sorted(name for _ in range(4) for name in world.call()) == ["a", "a", "b", "b"]


async def test_a_rest_doubles_up_to_a_quarter_of_an_hour_and_begins_anew_after_a_success() -> None:
    world = World("ab")
    rests = list[float]()
    (key, _) = world.pool.keys

    async def rest_over() -> None:
        rest = key.use.rest
        assert rest is not None
        rests.append(rest.until - world.clock.monotonic())
        await world.clock.advance(rests[-1] + 0.001)

    for _ in range(7):
        while key.use.rest is None or key.use.rest.until <= world.clock.monotonic():
            world.call(a=REFUSED)
        await rest_over()
    for rest, least in zip(rests, [60, 120, 240, 480, 900, 900, 900], strict=True):
        assert least <= rest <= least * (1 + JITTER)
    assert len({round(rest / least, 6) for rest, least in zip(rests[-3:], [900] * 3, strict=True)}) == 3
    while key.use.rest is not None:
        world.call()
    while key.use.rest is None:
        world.call(a=REFUSED)
    await rest_over()
    assert 60 <= rests[-1] <= 60 * (1 + JITTER)


def test_calls_that_are_refused_together_count_as_one_refusal() -> None:
    world = World("a")
    uses = [world.pool.take() for _ in range(50)]
    for use in uses:
        use.key.failed(use, REFUSED)
    rest = world.pool.keys[0].use.rest
    assert rest is not None
    assert (rest.number, world.told) == (1, [("a", True)])


def test_a_success_of_a_call_that_began_before_the_refusal_says_nothing() -> None:
    world = World("a")
    early, late = world.pool.take(), world.pool.take()
    late.key.failed(late, REFUSED)
    early.key.accepted(early)
    assert world.pool.keys[0].refused


async def test_a_success_of_a_probe_that_another_one_overtook_says_nothing() -> None:
    world = World("a")
    world.call(a=REFUSED)
    await world.clock.advance(100.0)
    early = world.pool.take()
    await world.clock.advance(1.0)
    late = world.pool.take()
    late.key.failed(late, REFUSED)
    early.key.accepted(early)
    assert world.pool.keys[0].refused


async def test_a_refusal_before_the_rest_is_over_neither_prolongs_it_nor_is_told() -> None:
    world = World("a")
    world.call(a=REFUSED)
    first = world.pool.keys[0].use.rest
    for _ in range(20):
        await world.clock.advance(2.0)
        assert world.call(a=REFUSED) == ["a", "-"]
    assert world.pool.keys[0].use.rest is first
    assert world.told == [("a", True)]


@pytest.mark.parametrize("failure", [REFUSED, EMPTY])
async def test_a_lone_credential_is_tried_at_most_once_a_second_and_never_locked_out(failure: VendorFailure) -> None:
    world = World("a")
    shown = 0
    for _ in range(1000):
        shown += world.call(a=failure) == ["a", "-"]
        await world.clock.advance(0.01)
    assert 9 <= shown <= 11
    world.call(a=failure)
    with pytest.raises(VendorFailure) as told:
        world.pool.take()
    assert (told.value.reason, told.value.status) == (failure.reason, failure.status)
    assert told.value.message == MEANINGS[failure.reason].message
    assert told.value.retry_after is not None
    assert 0 < told.value.retry_after <= 1.0
    await world.clock.advance(told.value.retry_after)
    assert world.call() == ["a"]
    assert [world.call() for _ in range(3)] == [["a"]] * 3


async def test_where_all_rest_one_call_a_second_tries_each_from_the_one_that_is_due_first() -> None:
    world = World("abc")
    assert world.call(c=EMPTY, a=REFUSED, b=REFUSED) == ["a", "b", "c", "-"]
    await world.clock.advance(1.0)
    shown = world.call(c=EMPTY, a=REFUSED, b=REFUSED)
    assert (sorted(shown[:2]), shown[2:]) == (["a", "b"], ["c", "-"])
    assert world.call() == ["-"]


async def test_a_credential_over_its_limit_rests_as_long_as_the_vendor_says() -> None:
    world = World("ab")
    assert world.call(a=VendorFailure(Reason.VENDOR_RATE_LIMITED, status=429, retry_after=30.0)) == ["a", "b"]
    await world.clock.advance(29.9)
    assert [world.call() for _ in range(3)] == [["b"]] * 3
    await world.clock.advance(30 * JITTER + 0.2)
    assert sorted([*world.call(), *world.call()]) == ["a", "b"]


def test_credentials_over_their_limits_are_used_where_no_other_is_left_and_each_call_is_one_attempt() -> None:
    world = World("ab")
    assert world.call(a=LIMITED, b=LIMITED) == ["a", "b", "-"]
    assert [len(world.call(a=LIMITED, b=LIMITED)) for _ in range(3)] == [2, 2, 2]
    assert world.call() != ["-"]


def test_a_credential_over_its_limit_is_better_than_a_refused_one() -> None:
    world = World("ab")
    assert world.call(a=LIMITED, b=REFUSED) == ["a", "b", "-"]
    assert world.call() == ["a"]


async def test_a_probe_that_tells_nothing_leaves_the_credential_to_the_next_one() -> None:
    world = World("a")
    world.call(a=REFUSED)
    await world.clock.advance(100.0)
    assert world.call(a=BROKEN) == ["a", "-"]
    await world.clock.advance(1.0)
    use = world.pool.take()
    use.key.let_go(use)
    await world.clock.advance(1.0)
    assert world.call() == ["a"]
    assert not world.pool.keys[0].refused


async def test_what_is_told_is_the_first_use_each_refusal_and_the_return() -> None:
    world = World("a")
    world.call()
    world.call()
    assert world.told == [("a", False)]
    for failure in (REFUSED, LIMITED, LIMITED):
        await world.clock.advance(30.0)
        world.call(a=failure)
    await world.clock.advance(60.0)
    world.call()
    assert world.told == [("a", False), ("a", True), ("a", False)]


def test_a_limit_is_not_told() -> None:
    world = World("a")
    world.call(a=LIMITED)
    assert world.told == []


def test_a_pool_without_credentials_says_so() -> None:
    with pytest.raises(VendorFailure, match="no usable credential"):
        World("").pool.take()


def test_a_credential_does_not_print_its_secret() -> None:
    assert "sk-a" not in repr(World("a").pool.take().key.credential)


outcomes = st.sampled_from([None, REFUSED, EMPTY, LIMITED, BROKEN])


@given(st.lists(st.tuples(st.lists(outcomes, min_size=3, max_size=3), st.floats(0, 200)), max_size=40))
async def test_no_call_shows_a_credential_twice_nor_a_refused_one_more_than_once_a_second(
    steps: list[tuple[list[VendorFailure | None], float]],
) -> None:
    world = World("abc")
    last = dict[str, float]()
    for said, pause in steps:
        refused = {key.credential.reference for key in world.pool.keys if key.refused}
        shown = world.call(**{name: one for name, one in zip("abc", said, strict=True) if one is not None})
        names = [name for name in shown if name != "-"]
        assert len(set(names)) == len(names)
        now = world.clock.monotonic()
        for name in names:
            assert name not in refused or now - last[name] >= 1.0 - 1e-9
            last[name] = now
        usable = {key.credential.reference for key in world.pool.keys} - refused
        assert names or not usable
        await world.clock.advance(pause)


weights = st.lists(st.integers(1, 1000), min_size=2, max_size=6)


@given(weights, st.integers(1, 3000))
def test_after_any_number_of_calls_each_credential_has_had_its_weights_share(given: list[int], calls: int) -> None:
    world = World("abcdef"[: len(given)], given)
    had = Counter(world.call()[0] for _ in range(calls))
    for name, weight in zip("abcdef", given, strict=False):
        # Nobody is ever as much as two calls ahead or behind, however many there were.
        assert abs(had[name] - calls * weight / sum(given)) < 2


@given(weights, st.integers(0, 5), st.integers(0, 50), st.integers(1, 500))
def test_while_one_rests_each_other_credential_has_its_weights_share_of_the_calls(
    given: list[int], which: int, before: int, calls: int
) -> None:
    names = "abcdef"[: len(given)]
    world, resting = World(names, given), names[which % len(names)]
    had_before = Counter(world.call()[0] for _ in range(before))
    key = world.pool.keys[names.index(resting)]
    key.failed(key.use, REFUSED)
    had = Counter(world.call()[0] for _ in range(calls))
    others = {name: weight for name, weight in zip(names, given, strict=True) if name != resting}
    assert had[resting] == 0
    # By how much the others stood apart when the one began to rest: that is made up for among them.
    owed = [before * weight - had_before[name] * sum(given) for name, weight in others.items()]
    total = sum(others.values())
    for name, weight in others.items():
        assert abs(had[name] - calls * weight / total) < 2 + (max(owed) - min(owed)) / total
