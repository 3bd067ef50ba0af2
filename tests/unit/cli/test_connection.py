"""Which Seawall a command speaks to."""

import json
from pathlib import Path

import pytest

from cli.connection import connect
from cli.problem import Problem

UP = {"url": "http://127.0.0.1:1", "key": "sw_up", "kafka": "127.0.0.1:2", "grpc": "127.0.0.1:3"}


@pytest.fixture
def running(tmp_path: Path) -> Path:
    (tmp_path / "up.json").write_text(json.dumps(UP))
    return tmp_path


def test_defaults_come_from_the_running_up(running: Path) -> None:
    connection = connect(None, None, running)

    assert (connection.url, connection.key, connection.kafka, connection.grpc) == tuple(UP.values())


def test_flags_win_over_the_running_up(running: Path) -> None:
    connection = connect("http://127.0.0.1:1", "sw_other", running, kafka="k:9")

    assert (connection.key, connection.kafka) == ("sw_other", "k:9")


def test_key_of_the_running_up_is_shown_to_nobody_else(running: Path) -> None:
    assert connect("https://elsewhere.example", None, running).key == ""


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_without_a_readable_up_file_the_defaults_hold(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "up.json").write_text(content)

    assert connect(None, None, tmp_path).url == "http://127.0.0.1:8080"


def test_missing_key_is_a_problem_of_authentication(tmp_path: Path) -> None:
    with pytest.raises(Problem) as problem:
        connect(None, None, tmp_path).require_key()
    assert problem.value.exit_code == 4


def test_url_of_another_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="ftp"):
        connect("ftp://x", None, tmp_path)
