"""Scripts that play while vendors are called, in the process, over the control API and from the command line."""

import asyncio
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator import Behaviour, ErrorStatus, Script, Simulator, Step, Vendor
from simulator.scripts import UnknownVendorError
from tests.integration.simulator.clients import Control, Wire, chat, failing
from tests.integration.simulator.test_command import running
from tests.stack.eventually import PATIENCE, eventually

DOWN = Step(at=0, down=True)


@pytest.fixture
def control(sim: Simulator) -> Control:
    return Control(sim.control_url)


async def status(vendor: Vendor) -> int:
    wire = await Wire.open(vendor.base_url)
    wire.post(chat())
    answered, _ = await wire.response()
    wire.close()
    return answered


def over(vendor: Vendor) -> Callable[[], bool]:
    return lambda: (vendor.script() or {})["running"] is False


async def test_a_flapping_vendor_goes_down_and_up_again_and_again(alpha: Vendor) -> None:
    await alpha.play(Script(steps=(DOWN, Step(at=0.1, up=True)), repeat_every=0.2))
    for _ in range(3):
        await eventually(lambda: not alpha.is_up)
        await eventually(lambda: alpha.is_up)
    await alpha.stop_script()
    assert alpha.script() is None


async def test_steps_set_and_clear_behaviours_of_the_vendor_and_of_models(alpha: Vendor) -> None:
    failing_all, failing_one = failing(ErrorStatus(status=500)), failing(ErrorStatus(status=429))
    await alpha.play(Script(steps=(Step(at=0, behaviour=failing_all), Step(at=0, model="gpt", behaviour=failing_one))))
    await eventually(over(alpha))
    assert alpha.behaviours() == (failing_all, {"gpt": failing_one})
    assert await status(alpha) == 429
    await alpha.play(Script(steps=(Step(at=0, model="gpt", clear=True),)))
    await eventually(over(alpha))
    assert await status(alpha) == 500


async def test_access_may_change_by_script(alpha: Vendor) -> None:
    await alpha.play(Script.model_validate({"steps": [{"at": 0, "access": {"keys": ["other"]}}]}))
    await eventually(over(alpha))
    assert await status(alpha) == 401


async def test_after_its_duration_a_script_heals_the_vendor(alpha: Vendor) -> None:
    steps = (Step(at=0, behaviour=failing(ErrorStatus(status=500))), Step(at=0, down=True))
    await alpha.play(Script(steps=steps, duration=0.2))
    await eventually(lambda: not alpha.is_up)
    await eventually(over(alpha))
    assert (alpha.is_up, alpha.behaviours()) == (True, (Behaviour(), {}))


async def test_a_script_without_duration_leaves_all_as_its_last_step_did(alpha: Vendor) -> None:
    await alpha.play(Script(steps=(DOWN,)))
    await eventually(over(alpha))
    assert not alpha.is_up


async def test_a_new_script_takes_the_place_of_the_old(alpha: Vendor) -> None:
    await alpha.play(Script(name="old", steps=(DOWN, Step(at=0.05, up=True)), repeat_every=0.1))
    await alpha.play(Script(name="new", steps=(Step(at=0, up=True),)))
    await eventually(over(alpha))
    state = alpha.script()
    assert state is not None
    assert (state["performed"], state["error"]) == (1, None)


async def test_healing_stops_the_script_and_forgets_all(alpha: Vendor) -> None:
    await alpha.play(Script(steps=(DOWN, Step(at=0, model="gpt", behaviour=Behaviour(answer_tokens=3)))))
    await eventually(over(alpha))
    await alpha.heal()
    assert (alpha.script(), alpha.is_up, alpha.behaviours()) == (None, True, (Behaviour(), {}))


async def test_a_script_for_another_vendor_is_refused(alpha: Vendor) -> None:
    with pytest.raises(UnknownVendorError):
        await alpha.play(Script(steps=(Step(at=0, vendor="beta", down=True),)))
    assert alpha.script() is None


async def test_the_simulator_gives_each_vendor_its_part(sim: Simulator, alpha: Vendor) -> None:
    await sim.play(Script(steps=(Step(at=0, vendor="beta", down=True),)))
    await eventually(over(sim.vendor("beta")))
    assert (alpha.script(), alpha.is_up, sim.vendor("beta").is_up) == (None, True, False)


async def test_leaving_the_simulator_ends_its_scripts() -> None:
    before = asyncio.all_tasks()
    async with Simulator(["alpha"]) as sim:
        await sim.play(Script(steps=(Step(at=0, down=True), Step(at=0.05, up=True)), repeat_every=0.1))
        sim.vendor("alpha").set("gpt", Behaviour(), seconds=3600)
    await eventually(lambda: asyncio.all_tasks() <= before)


async def test_a_step_that_fails_ends_the_script_and_is_told(alpha: Vendor) -> None:
    await alpha.down()
    # Nobody else is given the port while it is held: it must be taken from under the vendor.
    alpha._listener._held.close()  # type: ignore[union-attr]  # it is down
    alpha._listener._held = None
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(alpha.base_url.split(":")[2].split("/")[0])))
        other.listen()
        await alpha.play(Script(steps=(Step(at=0, up=True), Step(at=0, clear=True))))
        await eventually(over(alpha))
    state = alpha.script()
    assert state is not None
    assert "in use" in str(state["error"])
    assert state["performed"] == 0


async def test_a_script_is_put_looked_at_and_deleted_over_http(control: Control, alpha: Vendor) -> None:
    wanted = {"name": "flap", "steps": [{"at": 0, "down": True}, {"at": 0.05, "up": True}], "repeat_every": 0.1}
    put, state = await control("PUT", "/vendors/alpha/script", wanted)
    assert (put, state["running"], state["script"]) == (200, True, wanted | {"about": ""})
    assert (await control("GET", "/vendors/alpha/script"))[1]["script"] == state["script"]
    assert (await control("GET", "/vendors/alpha"))[1]["script"]["running"] is True
    deleted, vendor = await control("DELETE", "/vendors/alpha/script")
    assert (deleted, vendor["script"]) == (200, None)
    assert (await control("GET", "/vendors/alpha/script"))[0] == 404
    assert (await control("POST", "/vendors/alpha/heal"))[1]["up"] is True


async def test_one_script_is_put_for_all_vendors(control: Control, sim: Simulator) -> None:
    steps = [{"at": 0, "vendor": "beta", "down": True}, {"at": 0, "behaviour": {"answer_tokens": 2}}]
    put, states = await control("PUT", "/script", {"steps": steps})
    assert (put, [len(state["script"]["steps"]) for state in states["scripts"].values()]) == (200, [1, 2])
    await eventually(over(sim.vendor("beta")))
    assert (await control("DELETE", "/script"))[0] == 200
    assert (await control("GET", "/script"))[1] == {"scripts": {"alpha": None, "beta": None}}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/script", {"steps": []}, "steps"),
        ("/script", {"steps": [{"at": 0}]}, "steps.0"),
        ("/script", {"steps": [{"at": 0, "vendor": "gamma", "down": True}]}, "steps.0.vendor"),
        ("/vendors/alpha/script", {"steps": [{"at": 0, "vendor": "beta", "down": True}]}, "steps.0.vendor"),
        ("/vendors/alpha/script", {"steps": [{"at": 0, "behaviour": {"slots": 0}}]}, "steps.0.behaviour.slots"),
        ("/vendors/alpha/script", {"steps": [{"at": 9, "up": True}], "repeat_every": 1}, "body"),
    ],
)
async def test_a_wrong_script_is_a_400_that_names_the_field(
    control: Control, sim: Simulator, path: str, body: object, field: str
) -> None:
    answered, answer = await control("PUT", path, body)
    assert (answered, answer["error"]["field"]) == (400, field)
    assert all(vendor.script() is None for vendor in sim.vendors.values())


async def test_a_behaviour_for_some_seconds_is_cleared_after_them(control: Control, alpha: Vendor) -> None:
    assert (await control("PUT", "/vendors/alpha/behaviour?for=0.2", {"answer_tokens": 2}))[0] == 200
    assert alpha.behaviours()[0].answer_tokens == 2
    await eventually(lambda: alpha.behaviours()[0] == Behaviour())


async def test_a_behaviour_that_takes_the_place_of_one_for_some_seconds_stays(alpha: Vendor) -> None:
    alpha.set(None, Behaviour(answer_tokens=2), seconds=0.05)
    alpha.set(None, Behaviour(answer_tokens=3))
    alpha.set("gpt", Behaviour(), seconds=0.1)
    await eventually(lambda: "gpt" not in alpha.behaviours()[1])
    assert alpha.behaviours()[0].answer_tokens == 3


@pytest.mark.parametrize("given", ["0", "-1", "x", "nan", "1e9"])
async def test_a_wrong_time_is_a_400(control: Control, given: str) -> None:
    answered, answer = await control("PUT", f"/vendors/alpha/behaviour?for={given}", {})
    assert (answered, answer["error"]["field"]) == (400, "for")


async def test_the_faults_there_are_can_be_asked_for(control: Control) -> None:
    answered, answer = await control("GET", "/faults")
    kinds = [fault["kind"] for fault in answer["faults"]]
    assert answered == 200
    assert {"error", "cut", "no_done", "huge_body", "refuses_prefill"} <= set(kinds)
    for kind in kinds:
        body: dict[str, Any] = {"kind": kind, "share": 0.5} | ({"status": 500} if kind == "error" else {})
        assert (await control("PUT", "/vendors/alpha/behaviour", {"faults": [body]}))[0] == 200


async def test_a_file_given_at_the_start_is_played(tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("steps: [{at: 0, vendor: alpha, behaviour: {faults: [{kind: error, status: 418}]}}]")
    async with running("--vendor", "alpha", "--vendor", "beta", "--script", str(file)) as (_, ready):
        wire = await Wire.open(ready["vendors"]["alpha"])
        wire.post(chat())
        assert (await wire.response())[0] == 418
        wire.close()


async def test_a_script_by_chance_printed_by_the_command_can_be_played(control: Control) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulator.scripts", "--seed", "1", "--vendor", "alpha", stdout=asyncio.subprocess.PIPE
    )
    out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    script = json.loads(out)
    assert (await control("PUT", "/script", script))[0] == 200
