"""`seawall doctor`: which part is broken, and how to mend it."""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Optional

import grpc
import typer
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from grpc_health.v1 import health_pb2
from rich.markup import escape

from cli.commands.alerts import State, find_alerts
from cli.commands.targets import target_health
from cli.connection import Connection, connect
from cli.door import OWN, Door
from cli.options import DEFAULT_DATA_DIR, AsJson, Bootstrap, DataDir, Key, Url
from cli.output import command, print_json, stdout
from cli.problem import EXIT_FAILED, Problem
from events.topics import TOPICS
from seawall.config.v1 import config_pb2

PATIENCE = 5.0
"""Seconds for each check."""
OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
    """What to do; empty where all is well."""


@command
def doctor(
    url: Url = None,
    key: Key = None,
    grpc_address: Annotated[
        Optional[str],  # noqa: UP045 - typer's help
        typer.Option(
            "--grpc", envvar="SEAWALL_GRPC", help="The gateway's gRPC address. [default: that of `seawall up`]"
        ),
    ] = None,
    bootstrap: Bootstrap = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Check each part, name the broken one and the fix; exits with 1 where one is broken."""
    connection = connect(url, key, data_dir, kafka=bootstrap)
    findings = examine(connection, grpc_address or connection.grpc)
    if as_json:
        print_json({"ok": all(f.ok for f in findings), "checks": [asdict(finding) for finding in findings]})
    else:
        _tell(findings)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(EXIT_FAILED)


def examine(connection: Connection, grpc_address: str) -> list[Finding]:
    """Every check, in the order in which a cause comes before what follows from it."""
    door = Door(connection)
    return [
        _python(),
        _check("gateway", lambda: _ready(door, connection.url)),
        _check("key", lambda: _key(door)),
        _check("gateway gRPC", lambda: _grpc(grpc_address)),
        _check("kafka", lambda: _kafka(connection.kafka)),
        _check("config", lambda: _config(door)),
        _check("monitor", lambda: f"{len(target_health(door))} targets seen"),
        _check("alerts", lambda: f"{len(find_alerts(door, State.UNRESOLVED, 1000))} not resolved"),
    ]


def _check(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, detail=check())
    except Problem as problem:
        return Finding(name, ok=False, detail=f"{problem.code}: {problem.message}", fix=problem.hint)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    ok = sys.version_info >= OLDEST_PYTHON
    return Finding("python", ok=ok, detail=version, fix="" if ok else "Install Python 3.11 or newer.")


def _ready(door: Door, url: str) -> str:
    if unmet := door.unmet():
        raise Problem(
            "not_ready",
            "; ".join(f"{name}: {why}" for name, why in unmet.items()),
            hint="It waits for what is named here; the checks below say whether that is broken.",
        )
    return f"{url} is ready"


def _key(door: Door) -> str:
    door.get("/v1/models")
    return "it is valid"


def _grpc(address: str) -> str:
    with grpc.insecure_channel(address) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(), timeout=PATIENCE)
        except grpc.RpcError as error:
            raise Problem(
                "grpc_unreachable",
                f"{address}: {error.details()}",
                hint="Say where the gateway's gRPC is with --grpc or SEAWALL_GRPC; start it with `seawall up`.",
            ) from error
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise Problem("not_ready", f"{address} does not serve.", hint="It waits for the same as the gateway above.")
    return f"{address} serves"


def _kafka(addresses: str) -> str:
    try:
        client = AdminClient({"bootstrap.servers": addresses, "log_level": 0})
        topics = client.list_topics(timeout=PATIENCE).topics
    except KafkaException as error:
        raise Problem(
            "kafka_unreachable",
            f"{addresses}: {error.args[0].str()}",
            hint="Requests go on without it, and the gateway keeps what it must tell. Start Kafka, or say where it is "
            "with --bootstrap.",
        ) from error
    here = sum(topic.name in topics for topic in TOPICS)
    return f"{addresses} has {here} of {len(TOPICS)} topics"


def _config(door: Door) -> str:
    ask = config_pb2.GetOrganizationRequest(name=OWN)
    answer = door.call(
        "seawall.config.v1.ConfigService/GetOrganization", ask, config_pb2.GetOrganizationResponse, timeout=PATIENCE
    )
    return answer.organization.name


def _tell(findings: list[Finding]) -> None:
    for finding in findings:
        mark = "[green]ok    [/]" if finding.ok else "[bold red]broken[/]"
        stdout.print(f"{mark} [bold]{finding.name}[/]  {escape(finding.detail)}")
        if finding.fix:
            stdout.print(f"       fix: {escape(finding.fix)}")
