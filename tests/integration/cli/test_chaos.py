"""`seawall chaos`, as a person runs it, against real simulated vendors."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli import drills
from simulator import Behaviour, Constant, Cut, ErrorStatus, Script, Simulator
from tests.integration.cli.seawall import Said, Up, seawall
from tests.stack.eventually import eventually


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(["alpha", "beta"]) as running:
        yield running


async def chaos(sim: Simulator, *arguments: str) -> Said:
    return await seawall("chaos", *arguments, SEAWALL_CHAOS_CONTROL=sim.control_url)


async def test_every_fault_is_listed_with_its_fields_and_a_sentence(sim: Simulator) -> None:
    listed = (await chaos(sim, "list", "--json")).json()["faults"]
    table = await chaos(sim, "list")

    assert {"error", "cut", "no_done", "refuses_prefill"} <= {fault["kind"] for fault in listed}
    for fault in listed:
        assert re.search(rf"^{fault['kind']} .*{re.escape(fault['about'])} *$", table.out, re.MULTILINE)
    assert "how=closed|ended" in table.out


async def test_faults_are_set_with_a_share_and_the_vendor_keeps_its_speed(sim: Simulator) -> None:
    alpha = sim.vendor("alpha")
    alpha.set(None, Behaviour(first_byte=Constant(seconds=0.1)))

    said = await chaos(
        sim, "set", "alpha", "--share", "0.3", "--fault", "error,status=503,message=away", "--fault", "cut,share=0.1"
    )

    assert said.exit_code == 0, said
    faults = (ErrorStatus(status=503, message="away", share=0.3), Cut(share=0.1))
    assert alpha.behaviours()[0] == Behaviour(first_byte=Constant(seconds=0.1), faults=faults)
    assert "error 30%, cut 10%" in said.out


async def test_faults_are_set_for_a_model_and_for_a_time(sim: Simulator) -> None:
    said = await chaos(
        sim, "set", "alpha", "--model", "big/one", "--fault", "cut,next_calls=2", "--for", "1s", "--json"
    )

    shown = said.json()["vendors"][0]
    assert [fault["kind"] for fault in shown["models"]["big/one"]["faults"]] == ["cut"]
    await eventually(lambda: not sim.vendor("alpha").behaviours()[1])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["set", "alpha", "--fault", "gremlin"], "refused", "faults.0: Input tag 'gremlin'"),
        (["set", "alpha", "--fault", "error,status=99"], "refused", "faults.0.error.status"),
        (["set", "gamma", "--fault", "reset"], "refused", "there are: alpha, beta"),
        (["down", "gamma"], "refused", "no vendor 'gamma'"),
        (["run", "nothing"], "no_such_drill", "flapping-primary"),
        (["run", "cut-streams", "--primary", "gamma"], "refused", "steps.0.vendor"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_the_reason(
    sim: Simulator, arguments: list[str], code: str, said: str
) -> None:
    answered = await chaos(sim, *arguments, "--json")

    assert (answered.exit_code, answered.out) == (1, "")
    error = json.loads(answered.err)["error"]
    assert error["code"] == code
    assert said in error["message"] + error["hint"]
    assert all(vendor.behaviours() == (Behaviour(), {}) for vendor in sim.vendors.values())


@pytest.mark.parametrize("arguments", [["--fault", "cut,after"], ["--fault", "cut", "--for", "soon"], []])
async def test_wrong_arguments_are_a_usage_error(sim: Simulator, arguments: list[str]) -> None:
    assert (await chaos(sim, "set", "alpha", *arguments)).exit_code == 2


async def test_a_vendor_goes_down_and_up_and_clear_undoes_everything(sim: Simulator) -> None:
    alpha, beta = sim.vendor("alpha"), sim.vendor("beta")

    assert (await chaos(sim, "down", "alpha", "--json")).json()["vendors"][0]["up"] is False
    assert not alpha.is_up
    assert (await chaos(sim, "up", "alpha")).exit_code == 0
    assert alpha.is_up
    await beta.down()
    alpha.set(None, Behaviour(answer_tokens=2))
    beta.set("gpt", Behaviour(answer_tokens=2))
    assert len((await chaos(sim, "clear", "--json")).json()["vendors"]) == 2
    assert (beta.is_up, alpha.behaviours(), beta.behaviours()) == (True, (Behaviour(), {}), (Behaviour(), {}))


async def test_vendors_are_shown_with_their_faults_and_counters(sim: Simulator) -> None:
    sim.vendor("alpha").set("gpt", Behaviour(faults=(Cut(next_calls=2),)))
    await sim.vendor("beta").down()

    told = await chaos(sim, "vendors")

    rows = [re.split(r"\s{2,}", line.strip()) for line in told.out.splitlines()]
    assert rows[1] == ["alpha", "up", "0", "0", "0", "0", "gpt: 2 cut", "-"]
    assert rows[2][:2] == ["beta", "down"]


async def test_every_drill_that_is_shipped_is_a_script_that_ends(sim: Simulator) -> None:
    listed = (await chaos(sim, "drills", "--json")).json()["drills"]

    assert {drill["name"] for drill in listed} >= {
        *("flapping-primary", "slow-tail", "rate-limited", "cut-streams", "brownout"),
    }
    for drill in listed:
        cast = drills.cast(drill, {"primary": "alpha", "secondary": "beta"}, ["alpha", "beta"])
        script = Script.model_validate(cast)
        assert script.duration
        assert script.about
        script.parts(["alpha", "beta"])


async def test_a_drill_is_played_by_the_first_vendor_unless_another_is_named(sim: Simulator) -> None:
    first = await chaos(sim, "run", "flapping-primary", "--json")

    assert first.json()["scripts"]["alpha"]["running"] is True
    assert first.json()["scripts"]["beta"] is None
    await eventually(lambda: not sim.vendor("alpha").is_up)
    second = await chaos(sim, "run", "flapping-primary", "--primary", "beta")
    assert "It ends by itself after 60 s" in second.err
    await eventually(lambda: not sim.vendor("beta").is_up)
    await chaos(sim, "clear")
    assert (sim.vendor("alpha").script(), sim.vendor("beta").is_up) == (None, True)


async def test_a_script_of_ones_own_is_played(sim: Simulator, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("steps: [{at: 0, vendor: secondary, behaviour: {first_byte: 0.5}}]")

    said = await chaos(sim, "run", str(file))

    assert said.exit_code == 0, said
    await eventually(lambda: sim.vendor("beta").behaviours()[0] == Behaviour(first_byte=Constant(seconds=0.5)))


@pytest.mark.parametrize("text", ["{", "- 1", "steps: 3", "steps: [1]"])
async def test_a_file_that_is_no_script_is_refused(sim: Simulator, tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text)

    said = await chaos(sim, "run", str(file), "--json")

    assert (said.exit_code, json.loads(said.err)["error"]["code"]) == (1, "unreadable_file")


async def test_without_a_simulator_chaos_is_refused(tmp_path: Path) -> None:
    none = await seawall("chaos", "vendors", "--data-dir", str(tmp_path), "--json")
    (tmp_path / "up.json").write_text(json.dumps({"url": "http://127.0.0.1:1", "simulator": ""}))
    real = await seawall("chaos", "vendors", "--data-dir", str(tmp_path), "--json")

    for said in (none, real):
        assert (said.exit_code, said.out, json.loads(said.err)["error"]["code"]) == (1, "", "no_simulator")


async def test_a_control_that_is_away_or_something_else_is_told(sim: Simulator) -> None:
    away = await seawall("chaos", "vendors", "--control", "http://127.0.0.1:9", "--json")
    wrong = await seawall("chaos", "vendors", "--control", sim.vendor("alpha").base_url, "--json")
    no_url = await seawall("chaos", "vendors", "--control", "alpha:9000", "--json")

    codes = [json.loads(said.err)["error"]["code"] for said in (away, wrong, no_url)]
    assert codes == ["simulator_unreachable", "not_simulator", "bad_url"]


async def test_beside_a_running_up_chaos_needs_no_address_and_callers_are_answered(running: Up) -> None:
    before = (await running.run("chaos", "vendors", "--json")).json()["vendors"]
    assert [vendor["name"] for vendor in before] == ["alpha", "beta"]
    try:
        assert (await running.run("chaos", "down", "alpha")).exit_code == 0
        assert (await running.run("chat", "hello", "--no-stream")).out.startswith("beta/beta-large heard: hello")
    finally:
        assert (await running.run("chaos", "clear")).exit_code == 0
