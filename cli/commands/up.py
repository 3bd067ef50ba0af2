"""`seawall up`: run everything on this machine."""

import asyncio
import secrets as randomness
from pathlib import Path
from typing import Annotated, Optional

import typer

from cli.embedded import manifest as manifests
from cli.embedded.data_dir import DataDir as Directory
from cli.embedded.greeting import Running, greet
from cli.embedded.ports import DEFAULT_RANGE, LAST_PORT, port_range, require_free
from cli.embedded.programs import choose_ports
from cli.embedded.up import Plan, run
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir
from cli.output import command, print_json, say
from cli.problem import Problem


@command
def up(
    manifest: Annotated[
        Optional[Path],  # noqa: UP045 - typer's help
        typer.Option(help="A seawall.yaml to run. [default: that of the data directory, written where it is missing]"),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    http_port: Annotated[int, typer.Option(min=0, max=LAST_PORT, help="0 takes a free one.")] = 8080,
    grpc_port: Annotated[int, typer.Option(min=0, max=LAST_PORT, help="0 takes a free one.")] = 50051,
    ports: Annotated[
        str, typer.Option("--port-range", envvar="SEAWALL_UP_PORT_RANGE", help="Where the other ports are taken from.")
    ] = DEFAULT_RANGE,
    as_json: AsJson = False,
) -> None:
    """Run everything on this machine until Ctrl-C: broker, vendors, five services. Nothing else needs to be installed.

    The vendors are simulated where OPENAI_API_KEY is not set and no manifest is given.
    """
    directory = Directory(data_dir)
    with directory.locked():
        require_free([("--http-port", http_port), ("--grpc-port", grpc_port)])
        plan = _plan(directory, manifest, http_port, grpc_port, port_range(ports))
        say("[dim]Starting the broker, the vendors and the five services.[/]")
        asyncio.run(run(plan, lambda running, seconds: _ready(running, seconds, as_json=as_json)))


def _plan(directory: Directory, manifest: Path | None, http_port: int, grpc_port: int, among: range) -> Plan:
    kept = directory.secrets()
    if manifest is None:
        file, chosen = directory.manifest, manifests.write_default(directory, among)
    else:
        file, chosen = manifest.absolute(), manifests.Chosen(_text(manifest), {})
    read = manifests.read(chosen.text, str(file))
    vendors = chosen.simulator_ports.values()
    references = {
        manifests.KEY_VARIABLE: kept.key,
        manifests.VENDOR_KEY_VARIABLE: f"simulated-{randomness.token_hex(8)}",
    }
    return Plan(
        directory=directory,
        manifest=file,
        chosen=chosen,
        ports=choose_ports(http_port, grpc_port, [port for port in among if port not in vendors]),
        pepper=kept.pepper,
        secrets=references,
        key=manifests.shown_key(read, references),
        model=manifests.shown_model(read),
    )


def _text(manifest: Path) -> str:
    try:
        return manifest.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(
            "unreadable_file", f"{manifest}: {error}", hint="Name a readable file with --manifest."
        ) from error


def _ready(running: Running, seconds: float, *, as_json: bool) -> None:
    if as_json:
        print_json(running.told())
    else:
        greet(running, seconds)
