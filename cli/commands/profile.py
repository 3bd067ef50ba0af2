"""`seawall profile`: where a running service's time goes."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import msgspec
import typer
from pyqwest import ReadError, RemoteProtocolError, SyncClient, SyncHTTPTransport, WriteError
from rich.markup import escape

from chassis.profiling.page import DEFAULT_RATE, DEFAULT_SECONDS, MAX_RATE, MAX_SECONDS, PATH, TOKEN_HEADER
from chassis.profiling.profile import Profile
from cli.connection import running_up
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir
from cli.output import command, print_json, print_text, say
from cli.problem import Problem
from cli.profiles.flame_graph import flame_graph
from cli.profiles.text import folded, speedscope
from cli.profiles.weights import cpu_seconds

PATIENCE = 10.0
"""Seconds that a service may take beside those that it profiles."""
WORTH = 0.01
"""CPU seconds below which a thread is not told of."""
_OK = 200


class ServiceName(StrEnum):
    """One of the five."""

    GATEWAY = "gateway"
    PROVIDERS = "providers"
    CONFIG = "config"
    MONITOR = "monitor"
    ALERTS = "alerts"


class Format(StrEnum):
    """What a profile is written as."""

    SVG = "svg"
    FOLDED = "folded"
    SPEEDSCOPE = "speedscope"


WRITE: Mapping[Format, Callable[..., str]] = {
    Format.SVG: flame_graph,
    Format.FOLDED: folded,
    Format.SPEEDSCOPE: speedscope,
}
"""How each is written."""


@command
def profile(
    service: Annotated[ServiceName, typer.Argument(help="Which service.", show_default=False)],
    seconds: Annotated[float, typer.Option(min=0.1, max=MAX_SECONDS, help="How long to look.")] = DEFAULT_SECONDS,
    rate: Annotated[int, typer.Option(min=1, max=MAX_RATE, help="How often a second.")] = DEFAULT_RATE,
    written_as: Annotated[
        Format, typer.Option("--format", help="A flame graph, or what other tools read.")
    ] = Format.SVG,
    output: Annotated[
        Optional[Path],  # noqa: UP045 - typer's help
        typer.Option("--output", "-o", help="The file to write. [default: standard output]"),
    ] = None,
    idle: Annotated[bool, typer.Option("--idle", help="With what threads wait in.")] = False,
    at: Annotated[
        Optional[str],  # noqa: UP045 - typer's help
        typer.Option("--at", help="URL of the service's own pages. [default: that of `seawall up`]"),
    ] = None,
    token: Annotated[
        Optional[str],  # noqa: UP045 - typer's help
        typer.Option(envvar="SEAWALL_INTERNAL_TOKEN", help="The services' token. [default: that of `seawall up`]"),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Look at where a running service's time goes, for some seconds: a flame graph."""
    found = ask(*_where(service, at, token, data_dir), seconds=seconds, rate=rate)
    picture = WRITE[written_as](found, idle=idle)
    if output is not None:
        _write(output, picture)
    elif not as_json:
        print_text(picture, end="")
    if as_json:
        print_json(_summary(found))
    else:
        _tell(found, output)


def ask(url: str, token: str, *, seconds: float, rate: int) -> Profile:
    """A profile of the service at `url`. Raises Problem."""
    client = SyncClient(SyncHTTPTransport(tls_include_system_certs=True, enable_otel=False))
    try:
        response = client.get(
            f"{url}{PATH}?seconds={seconds:g}&rate={rate}",
            {TOKEN_HEADER.decode(): token},
            timeout=seconds + PATIENCE,
        )
    except (OSError, ReadError, WriteError, RemoteProtocolError) as error:
        raise Problem(
            "service_unreachable",
            f"{url} cannot be reached: {error}",
            hint="Say where the service's HTTP is with --at.",
        ) from error
    try:
        if response.status == _OK:
            return msgspec.json.decode(response.content, type=Profile)
        refused = msgspec.json.decode(response.content, type=dict[str, dict[str, object]])["error"]
    except (msgspec.MsgspecError, LookupError) as error:
        raise Problem("not_seawall", f"What answers at {url} shows no profile.", hint="Check --at.") from error
    raise Problem(
        str(refused.get("code")),
        str(refused.get("message")),
        hint="A service shows profiles where SEAWALL_INTERNAL_TOKEN is set, to those who give it with --token.",
    )


def _where(service: ServiceName, at: str | None, token: str | None, data_dir: Path) -> tuple[str, str]:
    running = running_up(data_dir)
    url = at or running.get("services", {}).get(service.value)
    if not url:
        raise Problem(
            "service_unreachable",
            f"Nobody says where {service.value} is.",
            hint="Start `seawall up`, or say where the service's HTTP is with --at.",
        )
    # The token of `up` is for its own services alone.
    own = "" if at else running.get("token", "")
    return url.rstrip("/"), own or token or ""


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text)
    except OSError as error:
        raise Problem("unwritable_file", f"{output}: {error.strerror}", hint="Name another with --output.") from error


def _summary(profile: Profile) -> dict[str, object]:
    return {
        "service": profile.service,
        "seconds": round(profile.seconds, 3),
        "samples": profile.samples,
        "cpu_seconds": {thread.name: round(cpu_seconds(thread), 6) for thread in profile.threads},
        "native_cpu_seconds": profile.native,
    }


def _tell(profile: Profile, output: Path | None) -> None:
    used = {thread.name: cpu_seconds(thread) for thread in profile.threads}
    threads = ", ".join(f"{escape(name)} {seconds:.2f} s" for name, seconds in used.items() if seconds >= WORTH)
    native = ", ".join(f"{escape(name)} {seconds:.2f} s" for name, seconds in sorted(profile.native.items()))
    say(
        f"CPU of {profile.service} in {profile.seconds:.1f} s: {threads or 'none'}; native threads: {native or 'none'}."
    )
    if output is not None:
        say(f"Written to {escape(str(output))}.")
