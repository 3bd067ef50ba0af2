"""Policies on ports: what the image has a service listen at is what its objects name, and what is let in to it."""

from chassis.address import split_address
from tests.contract.deploy.availability import FRONT
from tests.contract.deploy.network import edges, labels_of_pods
from tests.contract.deploy.objects import NAME, PREFIX, Object, Running, environment, named, service_containers
from tests.contract.deploy.settings import variables_of
from tests.contract.packaging import image

EVERYWHERE = "0.0.0.0"
"""The host of what others than the pod itself can reach."""
SERVED = ("http", "grpc", "hop")
"""What a service may serve, as ports are named; its setting is named alike."""


def deaf(objects: list[Object]) -> list[str]:
    """Services that listen where nobody can reach them, or whose ports are named or let in otherwise."""
    found = []
    let_in = set(edges(objects, labels_of_pods(objects), "ingress"))
    for one in service_containers(objects):
        addresses = listens(objects, one)
        ports = {name: split_address(address)[1] for name, address in addresses.items()}
        found += [
            f"{one.name}: {name} at {address} is for the pod alone"
            for name, address in addresses.items()
            if split_address(address)[0] != EVERYWHERE
        ]
        if {port["name"]: port["containerPort"] for port in one.container["ports"]} != ports:
            found.append(f"{one.name}: its container's ports are not {ports}")
        taken = {edge.port for edge in let_in if edge.target == one.workload["metadata"]["labels"][NAME]}
        if taken != set(ports.values()):
            found.append(f"{one.name}: {sorted(taken)} are let in, and not {ports}")
        own = one.workload["metadata"]["name"]
        for service in (own, FRONT) if one.service == "gateway" else (own,):
            if offered(objects, service) != set(ports):
                found.append(f"{service}: its Service does not offer {', '.join(ports)}")
    return found


def listens(objects: list[Object], running: Running) -> dict[str, str]:
    """Where a container listens, `host:port` each, by the port's name."""
    told = {**image.told(), **environment(objects, running)}
    variables = {name: f"{PREFIX}{name.upper()}_ADDRESS" for name in SERVED}
    known = variables_of(str(running.service))
    return {name: str(told[variable]) for name, variable in variables.items() if variable in known}


def offered(objects: list[Object], service: str) -> set[str]:
    """Names of the ports that a Service leads to."""
    found = named(objects, "Service", service)
    return {port["targetPort"] for port in found["spec"]["ports"]} if found else set()
