"""Vendors' keys that are revoked, over their limit or replaced under load: callers get every answer, and it is told."""

import asyncio
import itertools
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from events.credentials import CredentialState
from events.topics import CREDENTIALS
from resilience.errors import Reason
from services.providers.domain.credential import PROBE_INTERVAL
from simulator import Behaviour, Call, ErrorStatus, Fault, VendorSpec
from tests.e2e.key_load import AT_ONCE, QUESTION, Told, load, right, said_by, whole
from tests.e2e.keyed import (
    FIRST_REFUSED,
    ROWS,
    SPARE,
    WEIGHTS,
    Keyed,
    Purpose,
    accepted,
    counts,
    each,
    environment,
    manifest,
    revoked,
    slowed,
)
from tests.e2e.system import System, running_system
from tests.matrix.asked import Asked, Caller
from tests.matrix.callers.anthropic_messages import AnthropicMessages
from tests.matrix.callers.openai_chat import OpenAIChat
from tests.stack.eventually import eventually

HANDFUL = 3
"""Calls with a refused key: the one that finds out, and one each time that its rest is over."""
CLOCKS = 0.1
"""Seconds by which two clocks may differ about so short a time."""
REST = 150.0
"""Seconds, on a slow machine: a key is refused for a little more than a minute before it is tried again."""
ROUNDS = 13
"""Of calls to each vendor, as many as the weights' sum."""


@pytest.fixture(name="secrets", scope="module")
def _secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where keys are put while Seawall runs."""
    return tmp_path_factory.mktemp("secrets")


@pytest.fixture(name="system", scope="module")
async def _system(secrets: Path) -> AsyncIterator[System]:
    vendors = [VendorSpec(name=row.name, dialect=row.dialect, access=accepted(row)) for row in ROWS]
    async with running_system(
        manifest=manifest,
        environment={"SEAWALL_SECRETS_DIR": str(secrets), **environment()},
        vendors=[*vendors, VendorSpec(name=SPARE)],
    ) as system:
        last = f"{slowed(FIRST_REFUSED - 1)}/{Keyed(ROWS[0], Purpose.SLOWED).model}"

        async def known() -> bool:
            # A gateway may serve before it knows all of so many providers.
            return (await system.chat(model=last)).status == 200

        await eventually(known)
        yield system


@pytest.fixture(name="callers")
async def _callers(system: System) -> AsyncIterator[tuple[Caller, ...]]:
    callers = (OpenAIChat(system), AnthropicMessages(system))
    yield callers
    for caller in callers:
        await caller.close()


@pytest.fixture(name="told")
async def _told(system: System) -> AsyncIterator[Told]:
    consumer = AIOKafkaConsumer(
        CREDENTIALS.name,
        bootstrap_servers=system.stores.kafka.bootstrap,
        auto_offset_reset="earliest",
        metadata_max_age_ms=500,
    )
    await consumer.start()
    try:
        yield Told(consumer)
    finally:
        await consumer.stop()


async def refused(system: System) -> set[str]:
    """The subjects of unresolved alerts about credentials."""
    alerts = (
        await system.rpc("AlertService/ListAlerts", parent="organizations/-", pageSize=1000, state="ALERT_STATE_OPEN")
    ).get("alerts", [])
    return {alert["subject"] for alert in alerts if alert["kind"] == "credential_refused"}


async def test_a_key_that_is_revoked_rests_and_comes_back_and_no_caller_notices(
    system: System, callers: tuple[Caller, ...], told: Told
) -> None:
    keyed = each(Purpose.REVOKED)
    subjects = {f"{one.provider}/{one.references[0]}" for one in keyed}
    async with load(callers, right(keyed)) as seen:
        await seen.more(right(keyed), 4)
        assert all(set(one.used(system)) == set(one.suffixes) for one in keyed), "keys take turns"
        with revoked(system, keyed, 0):
            since, began = counts(system), time.monotonic()
            await told.until(lambda: all(told.states(one, 0)[-1:] == [CredentialState.RESTING] for one in keyed))
            print(f"all {len(keyed)} refusals were told {time.monotonic() - began:.1f} s after the keys were revoked")
            assert {told.of(one, 0)[-1].reason for one in keyed} == {Reason.VENDOR_AUTHENTICATION}

            async def alerted() -> bool:
                return subjects <= await refused(system)

            await eventually(alerted)
            await seen.more(right(keyed), 10)
            tried = {one.provider: one.used(system, since).count(one.suffixes[0]) for one in keyed}
            assert all(1 <= number <= HANDFUL for number in tried.values()), f"calls with a revoked key: {tried}"
        await told.until(lambda: all(told.states(one, 0)[-1:] == [CredentialState.IN_USE] for one in keyed), REST)
        print(f"all {len(keyed)} keys were in use again {time.monotonic() - began:.1f} s after they were revoked")
        since = counts(system)
        await eventually(lambda: all(set(one.used(system, since)) == set(one.suffixes) for one in keyed))

        async def resolved() -> bool:
            return not subjects & await refused(system)

        await eventually(resolved)
    assert seen.wrong == []
    for one in keyed:
        assert CredentialState.RESTING not in told.states(one, 1), "the other key was never refused"


def meet(system: System, keyed: Keyed, fault: Fault) -> None:
    """The next call of a provider meets a fault."""
    once = Behaviour(faults=(fault.model_copy(update={"next_calls": 1}),))
    system.simulator.vendor(keyed.row.name).set(keyed.model, once)


def failed(system: System, keyed: Keyed, since: dict[str, int]) -> tuple[Call, list[Call]]:
    """A provider's first call that failed, and those that began after its end."""
    calls = keyed.calls(system, since)
    first = next(call for call in calls if call.status >= HTTPStatus.BAD_REQUEST)
    return first, [call for call in calls if call.time > first.finished_at]


async def test_a_key_that_is_over_its_limit_rests_as_long_as_the_vendor_says(
    system: System, callers: tuple[Caller, ...]
) -> None:
    keyed, wait = each(Purpose.LIMITED), 5.0
    models = {one.provider: [said_by(one.row.name, one.model)] for one in keyed}
    async with load(callers, models) as seen:
        await seen.more(models, 2)
        since = counts(system)
        for one in keyed:
            meet(system, one, ErrorStatus(status=429, retry_after=wait))
        await seen.more(models, 2)

        def back(one: Keyed) -> list[Call]:
            over, later = failed(system, one, since)
            return [call for call in later if call.key_suffix == over.key_suffix]

        await eventually(lambda: all(back(one) for one in keyed))
        for one in keyed:
            over, _ = failed(system, one, since)
            assert back(one)[0].time >= over.finished_at + wait - CLOCKS, one.provider
    assert seen.wrong == []


async def test_a_key_whose_account_has_nothing_left_rests_and_it_is_told(
    system: System, callers: tuple[Caller, ...], told: Told
) -> None:
    keyed = each(Purpose.SPENT)
    async with load(callers, right(keyed)) as seen:
        await seen.more(right(keyed), 2)
        since = counts(system)
        for one in keyed:
            meet(system, one, one.row.faults.get("quota", ErrorStatus(status=402)))
        await seen.more(right(keyed), 6)
        for one in keyed:
            over, later = failed(system, one, since)
            number = one.suffixes.index(over.key_suffix)
            await told.until(lambda: told.states(one, number)[-1:] == [CredentialState.RESTING])  # noqa: B023 - awaited
            assert told.of(one, number)[-1].reason is Reason.VENDOR_QUOTA_EXHAUSTED
            assert {call.key_suffix for call in later} == {one.suffixes[1 - number]}
    assert seen.wrong == []


async def test_keys_get_the_shares_that_their_weights_say(system: System, callers: tuple[Caller, ...]) -> None:
    calls, turn = ROUNDS * sum(WEIGHTS), asyncio.Semaphore(AT_ONCE)

    async def ask(keyed: Keyed) -> None:
        for number, caller in zip(range(calls), itertools.cycle(callers), strict=False):
            async with turn:
                assert whole(await caller.ask(keyed.target, Asked(QUESTION), stream=number % 4 > 1))

    async with asyncio.TaskGroup() as tasks:
        for keyed in each(Purpose.WEIGHTED):
            tasks.create_task(ask(keyed))
    for keyed in each(Purpose.WEIGHTED):
        shares = Counter(keyed.used(system))
        assert tuple(shares[suffix] for suffix in keyed.suffixes) == tuple(ROUNDS * weight for weight in WEIGHTS)


async def test_where_all_keys_of_a_vendor_are_revoked_the_next_target_answers_and_a_lone_one_says_why(
    system: System, callers: tuple[Caller, ...]
) -> None:
    keyed = each(Purpose.LOST)
    routes = {one.provider: [said_by(one.row.name, one.model), said_by(SPARE, "small")] for one in keyed}
    async with load(callers, routes) as seen:
        await seen.more(routes, 4)
        assert not system.simulator.vendor(SPARE).calls
        with revoked(system, keyed, 0, 1):
            since = counts(system)
            await seen.more(routes, 12)
            assert counts(system)[SPARE] >= 12 * len(keyed)
            for one, caller, stream in itertools.product(keyed, callers, (False, True)):
                heard = await caller.ask(one.target, Asked(QUESTION), stream=stream)
                assert heard.error is not None, (one.target, stream)
                assert (heard.error.code, heard.error.status) == (Reason.VENDOR_AUTHENTICATION, 502), (one, heard)
            for one, suffix in itertools.product(keyed, (0, 1)):
                shown = [call for call in one.calls(system, since) if call.key_suffix == one.suffixes[suffix]]
                pauses = [late.time - early.finished_at for early, late in itertools.pairwise(shown)]
                assert all(pause > PROBE_INTERVAL - CLOCKS for pause in pauses), (one.provider, pauses)
        since, began = counts(system), time.monotonic()
        await eventually(lambda: all(any(call.status == 200 for call in one.calls(system, since)) for one in keyed))
        print(f"all {len(keyed)} targets answered again {time.monotonic() - began:.1f} s after a key was given back")
    assert seen.wrong == []


async def test_a_key_is_replaced_while_calls_go_on(system: System, callers: tuple[Caller, ...], secrets: Path) -> None:
    keyed = each(Purpose.REPLACED)
    async with load(callers, right(keyed)) as seen:
        await seen.more(right(keyed), 2)
        assert all(set(one.used(system)) == {one.suffixes[0]} for one in keyed)
        since, replaced_at = counts(system), dict[str, float]()
        for one in keyed:
            new = secrets / one.provider
            new.write_text(one.secrets[1])
            entry = one.entry(system.simulator, [f"file:{new}"])
            entry["name"] = f"organizations/acme/providers/{one.provider}"
            await system.rpc("ConfigService/UpdateProvider", provider=entry)
            replaced_at[one.provider] = time.time()
        await eventually(lambda: all(one.suffixes[1] in one.used(system, since) for one in keyed))
        first = [next(call for call in one.calls(system, since) if call.key_suffix == one.suffixes[1]) for one in keyed]
        took = [call.time - replaced_at[one.provider] for call, one in zip(first, keyed, strict=True)]
        print(f"new keys were used {statistics.median(took):.1f} s after they were set, {max(took):.1f} at the latest")
        await seen.more(right(keyed), 1)
        with revoked(system, keyed, 0):
            since = counts(system)
            await seen.more(right(keyed), 6)
            assert all(set(one.used(system, since)) == {one.suffixes[1]} for one in keyed)
    assert seen.wrong == []


async def test_a_call_whose_first_key_is_refused_costs_one_call_more(system: System) -> None:
    keyed = Keyed(ROWS[0], Purpose.SLOWED)
    vendor = system.simulator.vendor(keyed.row.name)
    took: dict[int, list[float]] = {1: [], 2: []}

    async def ask(number: int) -> None:
        before, began = len(vendor.calls), time.perf_counter()
        answer = await system.chat(QUESTION, model=f"{slowed(number)}/{keyed.model}")
        took[len(vendor.calls) - before].append(time.perf_counter() - began)
        assert answer.status == 200

    for number in range(FIRST_REFUSED):
        await ask(number)
        await ask(number)
    assert not took[2]
    took[1].clear()
    with revoked(system, [keyed], 0):
        for number in range(FIRST_REFUSED):
            await ask(number)
            await ask(number)
    assert [len(took[calls]) for calls in (1, 2)] == [FIRST_REFUSED, FIRST_REFUSED], "each has refused its key once"
    one, two = (statistics.median(took[calls]) * 1000 for calls in (1, 2))
    print(
        f"medians of {FIRST_REFUSED}: {one:.2f} ms; {two:.2f} ms where the first key is refused: {two - one:.2f} more"
    )
