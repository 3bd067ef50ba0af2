"""`seawall keys`: what callers authenticate with."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape

from chassis import keys
from cli.confirm import confirm
from cli.connection import connect
from cli.door import OWN, Door
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, Key, Url, Yes
from cli.output import command, print_json, print_table, print_text, say
from cli.show import NONE, as_dict, enum_of, id_of, time_of, timestamp
from cli.span import span
from seawall.config.v1 import config_pb2, resources_pb2

SERVICE = "seawall.config.v1.ConfigService"
COLUMNS = ("key", "project", "role", "starts with", "made", "expires", "revoked")
PAGE = 1000

app = typer.Typer(no_args_is_help=True, help="What callers authenticate with.")


class RoleName(StrEnum):
    """What a key may do; each role may do what those before it may."""

    VIEWER = "viewer"
    DEVELOPER = "developer"
    MANAGER = "manager"
    ADMIN = "admin"
    OWNER = "owner"


Project = Annotated[str, typer.Option(help="The project that the key belongs to.")]


@app.command("create")
@command
def create_key(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")],
    project: Project = "default",
    role: Annotated[RoleName, typer.Option(help="What it may do.")] = RoleName.DEVELOPER,
    expires: Annotated[str, typer.Option(help="After how long it ends, such as 30d or 12h; never where empty.")] = "",
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Make a key; its secret is on stdout, and is never seen again."""
    wanted = resources_pb2.Key(role=resources_pb2.Role.Value(f"ROLE_{role.name}"))
    if expires:
        wanted.expire_time.CopyFrom(timestamp(datetime.now(UTC) + span(expires, "--expires")))
    ask = config_pb2.CreateKeyRequest(parent=f"{OWN}/projects/{project}", key_id=name, key=wanted)
    door = Door(connect(url, key, data_dir))
    made = door.call(f"{SERVICE}/CreateKey", ask, config_pb2.CreateKeyResponse)
    if as_json:
        print_json({"key": as_dict(made.key), "secret": made.secret})
        return
    print_text(made.secret)
    until = f", until {time_of(made.key, 'expire_time')}" if made.key.HasField("expire_time") else ""
    say(f"[dim]{escape(made.key.name)} ({role.value}{until}). Keep it: it is not shown again.[/]")


@app.command("revoke")
@command
def revoke_key(
    name: Annotated[str, typer.Argument(help="The key's name.")],
    project: Project = "default",
    yes: Yes = False,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """End a key; every gateway refuses it within two seconds."""
    confirm(f"Whoever uses the key {name} of project {project} will be refused.", name, yes=yes)
    ask = config_pb2.RevokeKeyRequest(name=f"{OWN}/projects/{project}/keys/{name}")
    door = Door(connect(url, key, data_dir))
    revoked = door.call(f"{SERVICE}/RevokeKey", ask, config_pb2.RevokeKeyResponse).key
    if as_json:
        print_json({"key": as_dict(revoked)})
    else:
        say(f"{escape(revoked.name)} is revoked.")


@app.command("list")
@command
def list_keys(
    project: Annotated[str, typer.Option(help="Only this project's; every project's where empty.")] = "",
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Keys, without their secrets."""
    door = Door(connect(url, key, data_dir))
    found = [each for parent in _projects(door, project) for each in _keys(door, parent)]
    if as_json:
        print_json({"keys": [as_dict(each) for each in found]})
    else:
        print_table(COLUMNS, (_row(each) for each in found), empty="There are no keys.")


@app.command("generate")
@command
def generate_key(as_json: AsJson = False) -> None:
    """Print a well-formed secret for a manifest's `value: env:NAME`; nothing is asked or told to anybody."""
    secret = keys.generate()
    if as_json:
        print_json({"secret": secret})
    else:
        print_text(secret)


def _projects(door: Door, only: str) -> list[str]:
    if only:
        return [f"{OWN}/projects/{only}"]
    ask = config_pb2.ListProjectsRequest(parent=OWN, page_size=PAGE)
    return [p.name for p in door.call(f"{SERVICE}/ListProjects", ask, config_pb2.ListProjectsResponse).projects]


def _keys(door: Door, parent: str) -> list[resources_pb2.Key]:
    found: list[resources_pb2.Key] = []
    ask = config_pb2.ListKeysRequest(parent=parent, page_size=PAGE)
    while True:
        answer = door.call(f"{SERVICE}/ListKeys", ask, config_pb2.ListKeysResponse)
        found += answer.keys
        if not answer.next_page_token:
            return found
        ask.page_token = answer.next_page_token


def _row(key: resources_pb2.Key) -> tuple[str, ...]:
    return (
        id_of(key.name),
        key.name.split("/")[3],
        enum_of(resources_pb2.Role.Name(key.role), "ROLE"),
        key.prefix or NONE,
        time_of(key, "create_time"),
        time_of(key, "expire_time"),
        time_of(key, "revoke_time"),
    )
