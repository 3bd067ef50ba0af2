"""`seawall chaos`: make the simulated vendors misbehave, for drills."""

import json
from typing import Annotated, Any, Optional

import typer
from rich.markup import escape

from cli import drills
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir
from cli.output import command, print_json, print_table, say
from cli.show import NONE
from cli.simulated import Control, path_of
from cli.span import span

VENDOR_COLUMNS = ("vendor", "is", "calls", "completed", "in flight", "waiting", "faults", "script")

app = typer.Typer(no_args_is_help=True, help="Make the simulated vendors misbehave, for drills.")

ControlUrl = Annotated[
    Optional[str],  # noqa: UP045 - typer's help
    typer.Option(
        "--control",
        envvar="SEAWALL_CHAOS_CONTROL",
        help="Control URL of the simulated vendors. [default: that of `seawall up`]",
    ),
]
Vendor = Annotated[str, typer.Argument(metavar="VENDOR", help="A simulated vendor, such as alpha.")]


@app.command("list")
@command
def list_faults(control: ControlUrl = None, data_dir: DataDir = DEFAULT_DATA_DIR, as_json: AsJson = False) -> None:
    """The faults that there are, with their fields."""
    faults = Control(control, data_dir).call("GET", "/faults")["faults"]
    if as_json:
        print_json({"faults": faults})
    else:
        rows = (
            (fault["kind"], " ".join(_field(field) for field in fault["fields"]), fault["about"]) for fault in faults
        )
        print_table(("fault", "fields", "what happens"), rows, empty="There are none.")


@app.command("drills")
@command
def list_drills(as_json: AsJson = False) -> None:
    """The drills that come with Seawall; `seawall chaos run` plays one."""
    shipped = drills.shipped()
    if as_json:
        print_json({"drills": shipped})
    else:
        rows = ((drill["name"], f"{drill['duration']} s", drill["about"]) for drill in shipped)
        print_table(("drill", "takes", "what happens"), rows, empty="There are none.")


@app.command("vendors")
@command
def list_vendors(control: ControlUrl = None, data_dir: DataDir = DEFAULT_DATA_DIR, as_json: AsJson = False) -> None:
    """The simulated vendors: whether they are up, what they were asked, how they misbehave."""
    _show(Control(control, data_dir).vendors(), as_json=as_json)


@app.command("set")
@command
def set_faults(
    vendor: Vendor,
    faults: Annotated[
        list[str],
        typer.Option("--fault", metavar="KIND[,FIELD=VALUE...]", help="What goes wrong; repeat for more."),
    ],
    model: Annotated[str, typer.Option(help="Only calls for this model.")] = "",
    share: Annotated[
        Optional[float],  # noqa: UP045 - typer's help
        typer.Option(min=0, max=1, help="Of the calls, for each fault that does not say its own. [default: all]"),
    ] = None,
    lasting: Annotated[str, typer.Option("--for", help="How long, such as 30s; until cleared where empty.")] = "",
    control: ControlUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Have calls to a vendor meet faults, instead of those it may have; its speed stays."""
    simulator = Control(control, data_dir)
    wanted = [_fault(text, share) for text in faults]
    seconds = span(lasting, "--for").total_seconds() if lasting else 0
    now = simulator.vendor(vendor)
    behaviour = {**now["models"].get(model, now["behaviour"]), "faults": wanted}
    query = f"?for={seconds:g}" if seconds else ""
    changed = simulator.call("PUT", f"{path_of(vendor, model)}/behaviour{query}", behaviour)
    if not as_json and seconds:
        say(f"[dim]For {escape(lasting)}; `seawall chaos clear` ends it before.[/]")
    _show([changed], as_json=as_json)


@app.command("down")
@command
def down(
    vendor: Vendor, control: ControlUrl = None, data_dir: DataDir = DEFAULT_DATA_DIR, as_json: AsJson = False
) -> None:
    """Break a vendor's connections and refuse new ones."""
    _show([Control(control, data_dir).call("POST", f"{path_of(vendor)}/down")], as_json=as_json)


@app.command("up")
@command
def up(
    vendor: Vendor, control: ControlUrl = None, data_dir: DataDir = DEFAULT_DATA_DIR, as_json: AsJson = False
) -> None:
    """Have a vendor accept connections again."""
    _show([Control(control, data_dir).call("POST", f"{path_of(vendor)}/up")], as_json=as_json)


@app.command("clear")
@command
def clear(
    vendor: Annotated[str, typer.Argument(metavar="[VENDOR]", help="All of them where none is named.")] = "",
    control: ControlUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """End drills, forget faults and speeds, and have the vendors up."""
    simulator = Control(control, data_dir)
    names = [vendor] if vendor else [each["name"] for each in simulator.vendors()]
    _show([simulator.call("POST", f"{path_of(name)}/heal") for name in names], as_json=as_json)


@app.command("run")
@command
def run(
    drill: Annotated[str, typer.Argument(metavar="NAME|FILE", help="One of `seawall chaos drills`, or a script.")],
    primary: Annotated[str, typer.Option(help="Who plays the primary. [default: the first vendor]")] = "",
    secondary: Annotated[str, typer.Option(help="Who plays the secondary. [default: the next one]")] = "",
    control: ControlUrl = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Start a drill; it goes on by itself, and takes the place of one that runs."""
    simulator = Control(control, data_dir)
    names = [vendor["name"] for vendor in simulator.vendors()]
    script = drills.cast(drills.find(drill), _roles(names, primary, secondary), names)
    states = simulator.call("PUT", "/script", script)
    if as_json:
        print_json(states)
        return
    say(escape(str(script.get("about", ""))))
    lasts = (
        f"It ends by itself after {float(script['duration']):g} s"
        if "duration" in script
        else "It does not heal by itself"
    )
    say(f"[dim]{lasts}; `seawall chaos vendors` shows it, `seawall chaos clear` ends it now.[/]")


def _roles(names: list[str], primary: str, secondary: str) -> dict[str, str]:
    first = primary or next((name for name in names if name != secondary), "")
    second = secondary or next((name for name in names if name != first), "")
    return {role: name for role, name in (("primary", first), ("secondary", second)) if name}


def _fault(text: str, share: float | None) -> dict[str, Any]:
    kind, *given = text.split(",")
    fault: dict[str, Any] = {"kind": kind}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise typer.BadParameter(f"{pair!r} is no FIELD=VALUE", param_hint="--fault")
        fault[name] = _value(value)
    if share is not None and "next_calls" not in fault:
        fault.setdefault("share", share)
    return fault


def _value(text: str) -> object:
    """A number, true, false or null as JSON has it; any other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _field(field: dict[str, Any]) -> str:
    if field["choices"]:
        return f"{field['name']}={'|'.join(field['choices'])}"
    return str(field["name"]) if field["required"] else f"[{field['name']}]"


def _show(vendors: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"vendors": vendors})
    else:
        print_table(VENDOR_COLUMNS, (_row(vendor) for vendor in vendors), empty="There are no simulated vendors.")


def _row(vendor: dict[str, Any]) -> tuple[str, ...]:
    counters = vendor["counters"]
    faults = [_faults("", vendor["behaviour"]), *(_faults(f"{m}: ", b) for m, b in vendor["models"].items())]
    script = vendor["script"]
    return (
        vendor["name"],
        "up" if vendor["up"] else "down",
        *(str(counters[name]) for name in ("calls", "completed", "in_flight", "waiting")),
        "; ".join(filter(None, faults)) or NONE,
        NONE if script is None else f"{script['seconds']:.0f} s" if script["running"] else "over",
    )


def _faults(whose: str, behaviour: dict[str, Any]) -> str:
    told = [
        f"{fault['kind']} {fault['share']:.0%}"
        if fault["next_calls"] is None
        else f"{fault['next_calls']} {fault['kind']}"
        for fault in behaviour["faults"]
    ]
    return whose + ", ".join(told) if told else ""
