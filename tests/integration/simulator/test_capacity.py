"""A vendor that gives so many answers at once: the others wait in turn, and too many are refused."""

import asyncio
import json

import pytest

from simulator import Behaviour, Constant, ErrorStatus, Hang, Vendor
from tests.integration.simulator.clients import Wire, chat, failing
from tests.stack.eventually import eventually


def waiting(vendor: Vendor) -> int:
    count = vendor.counters()["waiting"]
    assert isinstance(count, int)
    return count


async def callers(vendor: Vendor, count: int) -> list[Wire]:
    """Callers who have asked, one after the other; each names itself as its model."""
    wires = []
    for number in range(count):
        wires.append(await Wire.open(vendor.base_url))
        wires[-1].post(chat(model=f"m{number}"))
        await eventually(lambda: [call.model for call in vendor.calls] == [f"m{i}" for i in range(len(wires))])
    return wires


async def test_answers_take_turns_in_the_order_of_asking(alpha: Vendor) -> None:
    alpha.set(None, failing(Hang(next_calls=2), slots=2, first_byte=Constant(seconds=0.02)))
    held, freed, *others = await callers(alpha, 6)
    assert waiting(alpha) == 4
    freed.close()
    for wire in others:
        assert (await wire.response())[0] == 200
        wire.close()
    await eventually(lambda: alpha.counters()["completed"] == 4)
    ends = [call.finished_at for call in alpha.calls[2:]]
    assert ends == sorted(ends)
    # One slot was held by the first caller all the time, so the others took the second one by turns.
    assert ends[-1] - ends[0] >= 3 * 0.02
    held.close()
    assert waiting(alpha) == 0


@pytest.mark.parametrize(("status", "code"), [(503, "overloaded"), (429, "rate_limit_exceeded")])
async def test_a_caller_who_finds_the_queue_full_is_refused_at_once(
    alpha: Vendor, wire: Wire, status: int, code: str
) -> None:
    alpha.set(None, failing(Hang(), slots=1, queue=2, full=status))
    wires = await callers(alpha, 3)
    wire.post(chat())
    refused, body = await wire.response()
    assert (refused, json.loads(body)["error"]["code"]) == (status, code)
    await eventually(lambda: alpha.calls[-1].outcome == "overloaded")
    assert (waiting(alpha), alpha.calls[-1].status) == (2, status)
    for held in wires:
        held.close()


async def test_a_caller_who_leaves_the_queue_is_not_answered_and_holds_nobody_up(alpha: Vendor) -> None:
    alpha.set(None, failing(Hang(next_calls=1), slots=1))
    first, second, third = await callers(alpha, 3)
    second.close()
    await eventually(lambda: waiting(alpha) == 1)
    assert (alpha.calls[1].outcome, alpha.calls[1].client_left, alpha.calls[1].status) == ("client_closed", True, 0)
    first.close()
    assert (await third.response())[0] == 200
    third.close()
    await eventually(lambda: alpha.counters()["in_flight"] == 0)
    assert [call.outcome for call in alpha.calls] == ["faulted:hang", "client_closed", "completed"]


async def test_who_waits_meets_the_fault_of_its_turn(alpha: Vendor) -> None:
    alpha.set(None, failing(ErrorStatus(status=500, next_calls=1), slots=1, first_byte=Constant(seconds=0.05)))
    wires = await callers(alpha, 2)
    answers = await asyncio.gather(*(wire.response() for wire in wires))
    assert [status for status, _ in answers] == [500, 200]
    for wire in wires:
        wire.close()


async def test_going_down_empties_the_queue(alpha: Vendor) -> None:
    alpha.set(None, failing(Hang(), slots=1))
    wires = await callers(alpha, 3)
    await alpha.down()
    assert (waiting(alpha), alpha.counters()["in_flight"]) == (0, 0)
    assert {call.outcome for call in alpha.calls} == {"faulted:down"}
    for wire in wires:
        wire.close()


async def test_a_slot_that_nobody_waited_for_is_free_again(alpha: Vendor, wire: Wire) -> None:
    alpha.set(None, Behaviour(slots=1, queue=0))
    for _ in range(3):
        wire.post(chat())
        assert (await wire.response())[0] == 200
        await eventually(lambda: alpha.counters()["in_flight"] == 0)
