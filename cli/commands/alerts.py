"""`seawall alerts`: what somebody should act on."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.markup import escape

from cli.connection import connect
from cli.door import OWN, Door
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, Key, Url
from cli.output import command, print_json, print_table, say
from cli.show import as_dict, enum_of, id_of, time_of
from seawall.alerts.v1 import alerts_pb2

SERVICE = "seawall.alerts.v1.AlertService"
COLUMNS = ("alert", "state", "severity", "subject", "since", "summary")

app = typer.Typer(no_args_is_help=True, help="What somebody should act on.")


class State(StrEnum):
    """Which alerts to list."""

    UNRESOLVED = "unresolved"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    ALL = "all"


_STATES = {
    State.UNRESOLVED: (alerts_pb2.ALERT_STATE_OPEN, alerts_pb2.ALERT_STATE_ACKNOWLEDGED),
    State.OPEN: (alerts_pb2.ALERT_STATE_OPEN,),
    State.ACKNOWLEDGED: (alerts_pb2.ALERT_STATE_ACKNOWLEDGED,),
    State.RESOLVED: (alerts_pb2.ALERT_STATE_RESOLVED,),
    State.ALL: (alerts_pb2.ALERT_STATE_UNSPECIFIED,),
}

AlertId = Annotated[str, typer.Argument(help="As `seawall alerts list` shows it.")]


@app.command("list")
@command
def list_alerts(
    state: Annotated[State, typer.Option(help="Only those in this state.")] = State.UNRESOLVED,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, the newest first.")] = 50,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Alerts, newest first."""
    found = find_alerts(Door(connect(url, key, data_dir)), state, limit)
    if as_json:
        print_json({"alerts": [as_dict(alert) for alert in found]})
    else:
        print_alerts(found)


@app.command("ack")
@command
def acknowledge_alert(
    alert_id: AlertId, url: Url = None, key: Key = None, data_dir: DataDir = DEFAULT_DATA_DIR, as_json: AsJson = False
) -> None:
    """Say that you are on it; it still resolves by itself."""
    ask = alerts_pb2.AcknowledgeAlertRequest(name=f"{OWN}/alerts/{alert_id}")
    door = Door(connect(url, key, data_dir))
    _tell(door.call(f"{SERVICE}/AcknowledgeAlert", ask, alerts_pb2.AcknowledgeAlertResponse).alert, as_json=as_json)


@app.command("resolve")
@command
def resolve_alert(
    alert_id: AlertId, url: Url = None, key: Key = None, data_dir: DataDir = DEFAULT_DATA_DIR, as_json: AsJson = False
) -> None:
    """End it by hand; the same condition opens a new one when it is seen again."""
    ask = alerts_pb2.ResolveAlertRequest(name=f"{OWN}/alerts/{alert_id}")
    door = Door(connect(url, key, data_dir))
    _tell(door.call(f"{SERVICE}/ResolveAlert", ask, alerts_pb2.ResolveAlertResponse).alert, as_json=as_json)


def find_alerts(door: Door, state: State, limit: int) -> list[alerts_pb2.Alert]:
    """Alerts in a state, newest first."""
    found: list[alerts_pb2.Alert] = []
    for wanted in _STATES[state]:
        ask = alerts_pb2.ListAlertsRequest(parent=OWN, page_size=limit, state=wanted)
        found += door.call(f"{SERVICE}/ListAlerts", ask, alerts_pb2.ListAlertsResponse).alerts
    return sorted(found, key=lambda alert: alert.open_time.ToNanoseconds(), reverse=True)[:limit]


def print_alerts(found: Sequence[alerts_pb2.Alert]) -> None:
    """As a table."""
    print_table(COLUMNS, (_row(alert) for alert in found), empty="There are no such alerts.")


def _row(alert: alerts_pb2.Alert) -> tuple[str, ...]:
    return (
        id_of(alert.name),
        _state(alert),
        alert.severity,
        alert.subject,
        time_of(alert, "open_time"),
        alert.summary,
    )


def _state(alert: alerts_pb2.Alert) -> str:
    return enum_of(alerts_pb2.AlertState.Name(alert.state), "ALERT_STATE")


def _tell(alert: alerts_pb2.Alert, *, as_json: bool) -> None:
    if as_json:
        print_json(as_dict(alert))
    else:
        say(f"{escape(id_of(alert.name))} ({escape(alert.subject)}) is {_state(alert)}.")
