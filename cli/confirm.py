"""Asking before something is destroyed."""

import sys

import typer
from rich.markup import escape

from cli.output import say
from cli.problem import Problem


def confirm(what: str, word: str, *, yes: bool) -> None:
    """Have `word` typed before `what` is done. Raises Problem where something else is.

    Nobody is asked where `yes` was given, or where there is nobody: a script that runs a command means it.
    """
    if yes or not sys.stdin.isatty():
        return
    say(f"[yellow]{escape(what)}[/]")
    if typer.prompt(f"Type {word} to go on", default="", show_default=False, err=True).strip() != word:
        raise Problem("not_confirmed", "Nothing was done.", hint="Type the word as it is shown, or give --yes.")
