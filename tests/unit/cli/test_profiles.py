"""Profiles as people and their tools look at them."""

import json
from xml.etree import ElementTree

from chassis.profiling.profile import Profile, Stack, Thread
from cli.profiles.flame_graph import MARGIN, WIDTH, flame_graph, tree
from cli.profiles.text import folded, speedscope

MAIN = (
    Stack(("run", "services.a.Guard.__call__"), cpu_seconds=0.3),
    Stack(("run", "services.a.Settle.<locals>"), cpu_seconds=0.1),
    Stack(("run",), cpu_seconds=0.1, idle_seconds=1.5),
)
PROFILE = Profile(
    "gateway", 2.0, 100, 200, (Thread("MainThread", MAIN), Thread("idles", (Stack(("wait",), 0.0, 2.0),))), {}
)
SVG = "{http://www.w3.org/2000/svg}"


def titles(picture: str) -> list[str]:
    return [title.text or "" for title in ElementTree.fromstring(picture).iter(f"{SVG}title")]


def test_a_flame_graph_names_every_function_with_its_share_and_is_by_itself() -> None:
    picture = flame_graph(PROFILE, idle=False)
    assert "services.a.Guard.__call__: 300.0 ms, 60.0 %" in titles(picture)
    assert "services.a.Settle.<locals>: 100.0 ms, 20.0 %" in titles(picture)
    assert "run: 500.0 ms, 100.0 %" in titles(picture)
    used = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(picture).iter()}
    assert used == {"svg", "rect", "text", "g", "title"}
    assert "href" not in picture
    assert "url(" not in picture


def test_boxes_stand_within_their_callers() -> None:
    groups = list(ElementTree.fromstring(flame_graph(PROFILE, idle=False)).iter(f"{SVG}g"))
    boxes = {}
    for group in groups:
        box, title = group.find(f"{SVG}rect"), group.find(f"{SVG}title")
        assert box is not None
        assert title is not None
        boxes[(title.text or "").partition(":")[0]] = (
            float(box.attrib["x"]),
            float(box.attrib["width"]),
            int(box.attrib["y"]),
        )
    root, run, guard = boxes["gateway"], boxes["run"], boxes["services.a.Guard.__call__"]
    assert root[:2] == (MARGIN, WIDTH - 2 * MARGIN)
    assert guard[0] >= run[0]
    assert guard[0] + guard[1] <= run[0] + run[1] + 0.2
    assert root[2] > run[2] > guard[2]


def test_idle_threads_are_left_out_unless_asked_for() -> None:
    assert not any(title.startswith("idles") for title in titles(flame_graph(PROFILE, idle=False)))
    assert "idles: 2000.0 ms, 50.0 %" in titles(flame_graph(PROFILE, idle=True))


def test_a_profile_in_which_nothing_ran_is_drawn_empty() -> None:
    assert titles(flame_graph(Profile("gateway", 2.0, 100, 200, (), {}), idle=False)) == []


def test_stacks_that_begin_alike_stand_on_one_box() -> None:
    (main,) = tree(PROFILE, idle=False).called.values()
    assert {name: round(node.seconds, 6) for name, node in main.called["run"].called.items()} == {
        "services.a.Guard.__call__": 0.3,
        "services.a.Settle.<locals>": 0.1,
    }


def test_folded_stacks_are_lines_of_microseconds() -> None:
    assert folded(PROFILE, idle=False).splitlines() == [
        "MainThread;run;services.a.Guard.__call__ 300000",
        "MainThread;run;services.a.Settle.<locals> 100000",
        "MainThread;run 100000",
    ]


def test_speedscopes_file_has_a_profile_for_each_thread_that_ran() -> None:
    said = json.loads(speedscope(PROFILE, idle=False))
    names = [frame["name"] for frame in said["shared"]["frames"]]
    (profile,) = said["profiles"]
    assert (profile["name"], profile["unit"], profile["type"]) == ("gateway MainThread", "seconds", "sampled")
    assert [[names[index] for index in sample] for sample in profile["samples"]] == [
        list(stack.frames) for stack in MAIN
    ]
    assert profile["weights"] == [0.3, 0.1, 0.1]
    assert profile["endValue"] == sum(profile["weights"])
