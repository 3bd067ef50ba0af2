"""What commands print, and how they exit."""

import json

import pytest
import typer

from cli.output import command, print_json, print_steps, print_table, report
from cli.problem import Problem


def test_missing_authentication_exits_with_4_and_anything_else_with_1() -> None:
    assert Problem("unauthenticated", "no").exit_code == 4
    assert Problem("permission_denied", "no").exit_code == 1


def test_problem_names_code_message_remedy_and_request_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem("unauthenticated", "The key is [unknown].", request_id="req_1", documentation="http://x/docs#y")

    report(problem, as_json=False)

    out, err = capsys.readouterr()
    assert out == ""
    for part in ("unauthenticated", "The key is [unknown].", "--key", "req_1", "http://x/docs#y"):
        assert part in err


def test_problem_as_json_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    report(Problem("port_taken", "Port 1 is taken.", hint="Take 2."), as_json=True)

    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err) == {
        "error": {
            "code": "port_taken",
            "message": "Port 1 is taken.",
            "hint": "Take 2.",
            "request_id": "",
            "documentation": "",
            "exit_code": 1,
        }
    }


def test_command_turns_a_problem_into_its_exit_code() -> None:
    @command
    def failing(*, as_json: bool) -> None:
        raise Problem("unauthenticated", "no key")

    with pytest.raises(typer.Exit) as ended:
        failing(as_json=True)
    assert ended.value.exit_code == 4


def test_piped_output_has_no_colour_and_text_is_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [("[red]x[/]",)], empty="none")

    out, err = capsys.readouterr()
    assert out.split() == ["name", "[red]x[/]"]
    assert err == ""


def test_empty_table_says_so_on_stderr_only(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [], empty="There are none.")

    assert capsys.readouterr() == ("", "There are none.\n")


def test_json_is_one_line_with_characters_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"text": "süß\n"})

    assert capsys.readouterr().out == '{"text": "süß\\n"}\n'


def test_what_no_terminal_shows_has_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    long = "word " * 60

    print_table(("name", "text"), [("a", long), ("b", long)], empty="none")
    print_steps([f"First [x] {long}", "Second."])

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", "a", "b", "1.", "2."]
    assert lines[3].startswith("1. First [x] word ")
