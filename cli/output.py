"""How commands speak: data on stdout, everything else on stderr; colours only where somebody sees them."""

import functools
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.problem import Problem

P = ParamSpec("P")
R = TypeVar("R")

stdout = Console(highlight=False, soft_wrap=True)
"""For data. Both honour NO_COLOR, and neither colours a pipe."""
stderr = Console(stderr=True, highlight=False, soft_wrap=True)
"""For messages."""
PIPE_WIDTH = 1000
"""Columns of a table that no terminal shows: what reads it wants a line for each row."""


def print_json(value: Any) -> None:
    """One value as one line of JSON on stdout, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_text(text: str, end: str = "\n") -> None:
    """Text as it is on stdout, at once: somebody else wrote it, so it is no markup."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


def say(text: str) -> None:
    """A message, with rich's markup; `escape` what others wrote."""
    stderr.print(text)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """Rows on stdout under their columns' names; `empty` on stderr where there are none."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=position == 0)  # names are for copying
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    if table.row_count:
        # A console prints no wider than itself, whatever `print` is told.
        console = stdout if stdout.is_terminal else Console(highlight=False, width=PIPE_WIDTH)
        console.print(table, soft_wrap=False)
    else:
        say(empty)


def print_steps(sentences: Iterable[str]) -> None:
    """Numbered sentences on stdout; at a terminal wrapped to its width, else a line each."""
    if not stdout.is_terminal:
        for number, sentence in enumerate(sentences, start=1):
            print_text(f"{number}. {sentence}")
        return
    steps = Table.grid(padding=(0, 1))
    steps.add_column(justify="right", style="dim", no_wrap=True)
    steps.add_column(overflow="fold")
    for number, sentence in enumerate(sentences, start=1):
        steps.add_row(f"{number}.", escape(sentence))
    stdout.print(steps, soft_wrap=False)


def report(problem: Problem, *, as_json: bool) -> None:
    """Tell a problem on stderr."""
    if as_json:
        sys.stderr.write(json.dumps(problem.as_dict(), ensure_ascii=False) + "\n")
        return
    say(f"[bold red]error[/] [bold]{escape(problem.code)}[/]: {escape(problem.message)}")
    for label, value in (("do", problem.hint), ("request", problem.request_id), ("see", problem.documentation)):
        if value:
            say(f"  [dim]{label:>7}[/] {escape(value)}")


def command(function: Callable[P, R]) -> Callable[P, R]:
    """A command whose problems are told, and decide how it exits."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Problem as problem:
            report(problem, as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(problem.exit_code) from None

    return wrapper
