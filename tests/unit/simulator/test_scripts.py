"""Scripts of time: what is due when, what is refused, and scripts by chance."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from simulator import Behaviour, Script, Step, random_script
from simulator.faults.catalogue import KINDS, catalogue
from simulator.scripts import UnknownVendorError, load


def flapping(**fields: Any) -> Script:
    return Script(steps=(Step(at=5, up=True), Step(at=0, down=True)), **fields)


def times(script: Script, most: int = 10) -> list[float]:
    return [when for when, _ in islice(script.schedule(), most)]


def test_steps_come_by_their_time_and_those_of_one_time_in_their_order() -> None:
    steps = (Step(at=2, up=True), Step(at=1, down=True), Step(at=1, clear=True))
    assert [step for _, step in Script(steps=steps).schedule()] == [steps[1], steps[2], steps[0]]


def test_steps_without_a_round_come_once() -> None:
    assert times(flapping()) == [0, 5]


def test_rounds_follow_each_other_without_end() -> None:
    assert times(flapping(repeat_every=10), 5) == [0, 5, 10, 15, 20]


def test_nothing_comes_after_the_duration() -> None:
    assert times(flapping(repeat_every=10, duration=15)) == [0, 5, 10]


def test_a_step_after_its_round_is_refused() -> None:
    with pytest.raises(ValidationError, match="at 5 comes after the next round has begun, at 4"):
        flapping(repeat_every=4)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({}, "exactly one of behaviour, clear, down, up, access, not none"),
        ({"down": True, "up": True}, "not down and up"),
        ({"down": True, "model": "gpt"}, "whole vendor"),
        ({"down": False}, "down"),
        ({"at": -1, "up": True}, "at"),
        ({"up": True, "when": 3}, "when"),
    ],
)
def test_a_step_that_is_not_one_thing_is_refused(step: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Step.model_validate({"at": 0, **step})


def test_each_vendor_gets_its_own_steps_and_those_for_all() -> None:
    script = Script(steps=(Step(at=0, clear=True), Step(at=1, vendor="a", down=True)), repeat_every=2)
    parts = script.parts(["a", "b"])
    assert [step.at for step in parts["a"].steps] == [0, 1]
    assert parts["b"].steps == script.steps[:1]
    assert parts["b"].repeat_every == 2


def test_a_vendor_without_a_step_gets_no_script() -> None:
    assert list(Script(steps=(Step(at=1, vendor="a", down=True),)).parts(["a", "b"])) == ["a"]


def test_a_step_for_nobody_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownVendorError, match="'c' is none of: a, b") as caught:
        Script(steps=(Step(at=0, up=True), Step(at=1, vendor="c", down=True))).parts(["a", "b"])
    assert caught.value.field == "steps.1.vendor"


YAML = """
name: slow
steps:
  - {at: 0, vendor: alpha, behaviour: {first_byte: 0.5, faults: [{kind: cut, after_chunks: 3, share: 0.1}]}}
  - {at: 10, vendor: alpha, clear: true}
"""


def test_a_script_is_read_from_yaml_and_from_json(tmp_path: Path) -> None:
    yaml, as_json = tmp_path / "script.yaml", tmp_path / "script.json"
    yaml.write_text(YAML)
    script = load(yaml)
    as_json.write_text(script.model_dump_json(exclude_none=True))
    assert load(as_json) == script
    assert script.steps[0].behaviour is not None
    assert script.steps[0].behaviour.first_byte.draw(None) == 0.5  # type: ignore[arg-type]  # a constant draws nothing


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: [", "while parsing"),
        ("steps: [{at: 0, vanish: true}]", "steps.0.vanish: Extra inputs"),
        ("- 1", "script: "),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=said) as caught:
        load(file)
    assert str(file) in str(caught.value)


def test_the_same_seed_writes_the_same_script_and_another_another() -> None:
    first = random_script(7, 600, ["alpha", "beta"], ["gpt"])
    assert first == random_script(7, 600, ["alpha", "beta"], ["gpt"])
    assert first != random_script(8, 600, ["alpha", "beta"], ["gpt"])


@pytest.mark.parametrize("seed", range(5))
def test_half_an_hour_by_chance_has_every_fault_of_every_vendor(seed: int) -> None:
    script = random_script(seed, 1800, ["alpha", "beta"], ["small", "large"])
    wanted = {entry["kind"] for entry in catalogue()}
    assert len(wanted) == len(KINDS)
    for part in script.parts(["alpha", "beta"]).values():
        behaviours = [step.behaviour for step in part.steps if step.behaviour]
        assert {fault.kind for behaviour in behaviours for fault in behaviour.faults} == wanted
        assert {step.model for step in part.steps} == {None, "small", "large"}
        assert any(step.down for step in part.steps)
        assert any(behaviour.slots for behaviour in behaviours)
        assert any(behaviour.split for behaviour in behaviours)
        assert {behaviour.answer_tokens for behaviour in behaviours} == {40}


def test_a_script_by_chance_ends_every_trouble_that_it_begins() -> None:
    script = random_script(3, 1800, ["alpha"], ["small"])
    down, models = False, set[str]()
    usual = script.steps[0].behaviour
    own = usual
    for _, step in script.schedule():
        if step.down or step.up:
            assert down != bool(step.down)
            down = bool(step.down)
        elif step.model:
            assert (step.model in models) == bool(step.clear)
            models ^= {step.model}
        else:
            assert (own == usual) != (step.behaviour == usual) or step.at == 0
            own = step.behaviour
        assert 0 <= step.at < 1800
    assert (script.duration, own.__class__) == (1800, Behaviour)


def test_a_script_by_chance_survives_json() -> None:
    script = random_script(1, 120, ["alpha"])
    assert Script.model_validate(json.loads(script.model_dump_json(exclude_none=True))) == script


def test_every_fault_is_told_with_a_sentence_and_its_own_fields() -> None:
    told = {entry["kind"]: entry for entry in catalogue()}
    assert all(entry["about"].endswith(".") for entry in told.values())
    assert told["error"]["fields"][0]["name"] == "code"
    assert {"name": "status", "required": True, "default": None, "choices": None} in told["error"]["fields"]
    assert {"name": "how", "required": False, "default": "closed", "choices": ["closed", "ended"]} in told["cut"][
        "fields"
    ]
    assert (told["error_event"]["stream_only"], told["refuses_prefill"]["prefix_only"]) == (True, True)
