"""`seawall apply`: make everything be exactly what a seawall.yaml says."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.confirm import confirm
from cli.connection import connect
from cli.door import OWN, Door
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, Key, Url, Yes
from cli.output import command, print_json, print_table, say
from cli.problem import Problem
from seawall.alerts.v1 import alerts_pb2
from seawall.config.v1 import config_pb2

ACTIONS = ("created", "updated", "deleted")


@command
def apply(
    file: Annotated[Path, typer.Option("--file", "-f", help="A seawall.yaml; - reads stdin.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and change nothing.")] = False,
    yes: Yes = False,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Make everything be exactly what a seawall.yaml says; what it does not name is deleted."""
    text = _read(file)
    door = Door(connect(url, key, data_dir))
    if not dry_run and (deleted := _apply(door, text, dry_run=True)["deleted"]):
        confirm(f"This deletes {', '.join(deleted)}.", "delete", yes=yes)
    changes = _apply(door, text, dry_run=dry_run)
    if as_json:
        print_json({**changes, "dry_run": dry_run})
        return
    rows = [(action, name) for action in ACTIONS for name in changes[action]]
    print_table(("", "name"), rows, empty="Nothing differs from the manifest.")
    if rows:
        say(f"[dim]{'Nothing was changed: this was a dry run.' if dry_run else 'It is in force.'}[/]")


def _apply(door: Door, text: str, *, dry_run: bool) -> dict[str, list[str]]:
    """Names of what was created, updated and deleted: receivers by alerts, the rest by config."""
    config = door.call(
        "seawall.config.v1.ConfigService/ApplyManifest",
        config_pb2.ApplyManifestRequest(parent=OWN, manifest=text, dry_run=dry_run),
        config_pb2.ApplyManifestResponse,
    )
    alerts = door.call(
        "seawall.alerts.v1.AlertService/ApplyManifest",
        alerts_pb2.ApplyManifestRequest(parent=OWN, manifest=text, dry_run=dry_run),
        alerts_pb2.ApplyManifestResponse,
    )
    return {action: sorted([*getattr(config, action), *getattr(alerts, action)]) for action in ACTIONS}


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise Problem("unreadable_file", f"{file}: {why}.", hint="Name a readable seawall.yaml with -f.") from error
