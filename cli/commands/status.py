"""`seawall status`: whether the gateway can serve, how its targets are, what is wrong."""

from cli.commands.alerts import State, find_alerts, print_alerts
from cli.commands.targets import print_targets, target_health
from cli.connection import connect
from cli.door import Door
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, Key, Url
from cli.output import command, print_json, stdout
from cli.problem import Problem
from cli.show import as_dict


@command
def status(
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Whether the gateway can serve, how its targets are, which alerts are not resolved."""
    connection = connect(url, key, data_dir)
    door = Door(connection)
    _require_ready(door)
    targets = target_health(door)
    alerts = find_alerts(door, State.UNRESOLVED, 50)
    if as_json:
        print_json(
            {
                "url": connection.url,
                "ready": True,
                "targets": [as_dict(target) for target in targets],
                "alerts": [as_dict(alert) for alert in alerts],
            }
        )
        return
    stdout.print(f"[bold]Gateway[/]  {connection.url}  [green]ready[/]")
    stdout.print("\n[bold]Targets[/]")
    print_targets(targets)
    stdout.print("\n[bold]Alerts[/]")
    print_alerts(alerts)


def _require_ready(door: Door) -> None:
    if unmet := door.unmet():
        waits = "; ".join(f"{name}: {why}" for name, why in unmet.items())
        raise Problem(
            "not_ready", f"The gateway is not ready ({waits}).", hint="`seawall doctor` names what is broken."
        )
