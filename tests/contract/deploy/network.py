"""Policies on the network: nothing talks to anything, but for the architecture's edges, which are data here."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.contract.deploy.objects import JOBS, NAME, SERVICES, Object, of_kind

ANYBODY = "anybody"
DNS = "dns"
INTERNET = "internet"
PRIVATE = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"}
"""What is not the internet: the cluster, private networks, metadata services."""

HTTP, GRPC, HOP, KAFKA, POSTGRES, REDIS, OTLP = 8080, 50051, 50061, 9092, 5432, 6379, 4317


class Edge(NamedTuple):
    """Who may open a connection to whom, and where."""

    source: str
    target: str
    port: int


ARCHITECTURE = frozenset(
    {
        Edge(ANYBODY, "gateway", HTTP),
        Edge(ANYBODY, "gateway", GRPC),
        *(Edge("gateway", asked, GRPC) for asked in ("providers", "config", "monitor", "alerts")),
        Edge("gateway", "providers", HOP),
        Edge("gateway", "redis", REDIS),
        Edge("providers", "config", GRPC),
        Edge("providers", INTERNET, 443),
        Edge("alerts", INTERNET, 443),
        *(Edge(service, "postgres", POSTGRES) for service in ("config", "monitor", "alerts")),
        *(Edge(service, "kafka", KAFKA) for service in SERVICES),
        *(Edge(service, "otel-collector", OTLP) for service in SERVICES),
        *(Edge("prometheus", service, HTTP) for service in SERVICES),
        Edge("topics", "kafka", KAFKA),
        *(Edge(job, "postgres", POSTGRES) for job in JOBS if job.startswith("migrate-")),
    }
)
SIMULATED = frozenset(Edge("providers", "simulator", port) for port in (9101, 9102))
"""What the development overlay adds."""

NAMESPACES = {"kafka": "kafka", "postgres": "postgres", "redis": "redis", "kube-system": DNS}
"""Namespaces that have one thing in them that is talked to."""


def open_by_default(objects: list[Object]) -> list[str]:
    """Namespaces without a policy that denies every pod everything."""
    for policy in of_kind(objects, "NetworkPolicy"):
        spec = policy["spec"]
        both = set(spec["policyTypes"]) == {"Ingress", "Egress"}
        if spec["podSelector"] == {} and both and not spec.get("ingress") and not spec.get("egress"):
            return []
    return ["no NetworkPolicy denies by default"]


def unlike(objects: list[Object], architecture: frozenset[Edge]) -> list[str]:
    """Where the rendered edges differ from `architecture`, for every pod of the rendering; each may also ask DNS.

    Kubernetes lets a connection through where the one end may open it and the other may take it, so that the two ends
    are compared each by itself.
    """
    pods = labels_of_pods(objects)
    opened = set(edges(objects, pods, "egress"))
    taken = set(edges(objects, pods, "ingress"))
    wanted_out = {edge for edge in architecture if edge.source in pods} | {Edge(name, DNS, 53) for name in pods}
    wanted_in = {edge for edge in architecture if edge.target in pods}
    return [
        *(f"may be opened, and is not the architecture's: {edge}" for edge in sorted(opened - wanted_out)),
        *(f"is the architecture's, and may not be opened: {edge}" for edge in sorted(wanted_out - opened)),
        *(f"may be taken, and is not the architecture's: {edge}" for edge in sorted(taken - wanted_in)),
        *(f"is the architecture's, and may not be taken: {edge}" for edge in sorted(wanted_in - taken)),
    ]


def labels_of_pods(objects: list[Object]) -> dict[str, dict[str, str]]:
    """Name → labels of every pod that the rendering has."""
    workloads = of_kind(objects, "Deployment", "StatefulSet", "Job")
    found = [workload["spec"]["template"]["metadata"]["labels"] for workload in workloads]
    return {labels[NAME]: labels for labels in found}


def edges(objects: list[Object], pods: dict[str, dict[str, str]], direction: str) -> Iterator[Edge]:
    """What the policies let through: `egress` as it may be opened, `ingress` as it may be taken."""
    for policy in of_kind(objects, "NetworkPolicy"):
        spec = policy["spec"]
        if direction.capitalize() not in spec["policyTypes"]:
            continue
        for rule in spec.get(direction, ()):
            peers = rule.get("to" if direction == "egress" else "from")
            others = [ANYBODY] if not peers else [name for peer in peers for name in names(peer)]
            # A rule without ports is one for every port, which no architecture has: 0 stands for it.
            ports = [port["port"] for port in rule.get("ports", [{"port": 0}])]
            for name, labels in pods.items():
                if selects(spec["podSelector"], labels):
                    for other in others:
                        for port in ports:
                            yield Edge(name, other, port) if direction == "egress" else Edge(other, name, port)


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a pod with `labels` is one of the selector's."""
    equal = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    among = all(
        expression["operator"] == "In" and labels.get(expression["key"]) in expression["values"]
        for expression in selector.get("matchExpressions", ())
    )
    return equal and among


def names(peer: dict[str, Any]) -> list[str]:
    """What a rule's peer is called in the architecture; a description of it where it is nothing that is known there."""
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        internet = block["cidr"] == "0.0.0.0/0" and set(block.get("except", ())) == PRIVATE
        return [INTERNET if internet else f"addresses {block}"]
    pods = peer.get("podSelector", {})
    match pods.get("matchLabels", {}), pods.get("matchExpressions", ()):
        case {"app.kubernetes.io/name": str(name)}, ():
            return [name]
    match peer.get("namespaceSelector", {}).get("matchLabels", {}):
        case {"kubernetes.io/metadata.name": namespace} if not pods and namespace in NAMESPACES:
            return [NAMESPACES[namespace]]
    return [f"peer {peer}"]
