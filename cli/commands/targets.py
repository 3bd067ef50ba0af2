"""`seawall targets`: the health of every target."""

from collections.abc import Sequence

from cli.connection import connect
from cli.door import OWN, Door
from cli.ledger import SERVICE
from cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, Key, Url
from cli.output import command, print_json, print_table
from cli.show import as_dict, enum_of, milliseconds_of, time_of
from seawall.monitor.v1 import monitor_pb2

COLUMNS = ("target", "verdict", "since", "attempts", "failed", "p50", "p99", "why")


@command
def targets(
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """The health of every target that was asked lately."""
    found = target_health(Door(connect(url, key, data_dir)))
    if as_json:
        print_json({"targets": [as_dict(target) for target in found]})
    else:
        print_targets(found)


def target_health(door: Door) -> Sequence[monitor_pb2.TargetHealth]:
    """What monitor says of each target."""
    ask = monitor_pb2.ListTargetHealthRequest(parent=OWN, page_size=1000)
    return door.call(f"{SERVICE}/ListTargetHealth", ask, monitor_pb2.ListTargetHealthResponse).targets


def print_targets(found: Sequence[monitor_pb2.TargetHealth]) -> None:
    """As a table."""
    print_table(COLUMNS, (_row(target) for target in found), empty="No target was asked lately.")


def _row(target: monitor_pb2.TargetHealth) -> tuple[str, ...]:
    return (
        target.target,
        enum_of(monitor_pb2.Verdict.Name(target.verdict), "VERDICT"),
        time_of(target, "since"),
        str(target.attempts),
        str(target.failures),
        milliseconds_of(target.latency, "p50"),
        milliseconds_of(target.latency, "p99"),
        target.explanation,
    )
