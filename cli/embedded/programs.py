"""What `up` runs: the broker, the simulated vendors, the five services; with their addresses and settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.child import Program
from cli.embedded.ports import HOST, free_ports

SERVICES = ("config", "monitor", "alerts", "providers", "gateway")
"""In the order of starting; they stop in the reverse one, so the gateway stops taking requests first."""
FIRST = "config"
RUN_ON_IT = ("providers", "gateway")
"""Started when the first is ready: started before, they would wait out a back-off until they asked it again."""
DRAIN_TIMEOUT = "8"
"""Seconds that a service may take to stop here."""

BROKER = Program("broker", "cli.dev_broker", restartable=False)
"""It cannot be restarted: another one has another port, and none of the first one's messages."""


@dataclass(frozen=True)
class Ports:
    """Where a service listens, on this machine only."""

    http: int
    grpc: int


def choose_ports(http: int, grpc: int, among: Sequence[int]) -> dict[str, Ports]:
    """Ports of every service; 0 for a free one. The gateway's are known, the others are free ones."""
    free = free_ports(2 * len(SERVICES), among)
    ports = {name: Ports(free[2 * i], free[2 * i + 1]) for i, name in enumerate(SERVICES)}
    ports["gateway"] = Ports(http or ports["gateway"].http, grpc or ports["gateway"].grpc)
    return ports


def simulator(ports: dict[str, int]) -> Program:
    """Simulated vendors, each on its port."""
    vendors = [part for name, port in ports.items() for part in ("--vendor", f"{name}:{port}")]
    return Program("simulator", "simulator", (*vendors, "--control-port", "0"))


def services(
    ports: dict[str, Ports],
    directories: dict[str, Path],
    *,
    kafka: str,
    manifest: Path,
    pepper: str,
    token: str,
    secrets: dict[str, str],
) -> list[Program]:
    """The five. `secrets`: what the manifest's `env:` references mean, beside this process's own environment."""
    shared = {
        **secrets,
        "SEAWALL_KAFKA_BOOTSTRAP": kafka,
        "SEAWALL_KAFKA_PROVISION": "false",  # the development broker has no admin API
        "SEAWALL_INTERNAL_TOKEN": token,
        "SEAWALL_KEY_PEPPER": pepper,
        "SEAWALL_MANIFEST": str(manifest),
        "SEAWALL_DRAIN_TIMEOUT": DRAIN_TIMEOUT,
        **{f"SEAWALL_{name.upper()}_ADDRESS": f"{HOST}:{at.grpc}" for name, at in ports.items()},
    }
    return [
        Program(
            name,
            f"services.{name}",
            environment={
                **shared,
                "SEAWALL_HTTP_ADDRESS": f"{HOST}:{ports[name].http}",
                "SEAWALL_GRPC_ADDRESS": f"{HOST}:{ports[name].grpc}",
                "SEAWALL_DATA_DIR": str(directories[name]),
                "SEAWALL_DATABASE_URL": f"sqlite+aiosqlite:///{directories[name] / name}.db",
            },
            health_url=f"http://{HOST}:{ports[name].http}/health/ready",
        )
        for name in SERVICES
    ]
