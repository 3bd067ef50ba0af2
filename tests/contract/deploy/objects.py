"""Kubernetes objects as YAML gives them, and the few questions that the policies ask of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

SERVICES = ("gateway", "providers", "config", "monitor", "alerts")
JOBS = ("topics", "migrate-config", "migrate-monitor", "migrate-alerts")
WORKLOADS = ("Deployment", "StatefulSet", "Job")
NAME = "app.kubernetes.io/name"
PREFIX = "SEAWALL_"
_HASH = re.compile(r"-[24-9bcdfghkmt]{10}$")


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    """Those of `objects` that are of one of `kinds`."""
    return [found for found in objects if found["kind"] in kinds]


def named(objects: list[Object], kind: str, name: str) -> Object | None:
    """The object of that kind and name, without regard to the hash that Kustomize puts behind a name."""
    for found in of_kind(objects, kind):
        if name in {found["metadata"]["name"], _HASH.sub("", found["metadata"]["name"])}:
            return found
    return None


def pod(workload: Object) -> Object:
    """The pod that a workload makes: its metadata and spec."""
    template: Object = workload["spec"]["template"]
    return template


@dataclass(frozen=True)
class Running:
    """One container of one workload."""

    workload: Object
    container: Object

    @property
    def name(self) -> str:
        """What a violation calls it."""
        return f"{self.workload['kind']} {self.workload['metadata']['name']}"

    @property
    def service(self) -> str | None:
        """Whose image it runs, where that is one of Seawall's."""
        repository, _, name = str(self.container["image"]).rpartition("/")
        return name.partition("@")[0].partition(":")[0] if repository.rpartition("/")[2] == "seawall" else None


def containers(objects: list[Object]) -> Iterator[Running]:
    """Every container of every workload, those that run first included."""
    for workload in of_kind(objects, *WORKLOADS):
        spec = pod(workload)["spec"]
        for container in (*spec.get("initContainers", ()), *spec["containers"]):
            yield Running(workload, container)


def service_containers(objects: list[Object]) -> list[Running]:
    """The containers of the five services, one for each of their deployments."""
    return [
        one
        for one in containers(objects)
        if one.workload["kind"] != "Job" and one.workload["metadata"].get("labels", {}).get(NAME) in SERVICES
    ]


def selector(workload: Object) -> Object:
    """What the pods of a workload are found by."""
    labels: Object = workload["spec"]["selector"]["matchLabels"]
    return labels


def environment(objects: list[Object], running: Running) -> dict[str, str | None]:
    """What a container is told: name → value, None where the value is a secret's."""
    told: dict[str, str | None] = {}
    for source in running.container.get("envFrom", ()):
        if "configMapRef" in source:
            found = named(objects, "ConfigMap", source["configMapRef"]["name"])
            told.update(found["data"] if found else {})
        elif secret := named(objects, "Secret", source["secretRef"]["name"]):
            told.update(dict.fromkeys(secret["data"]))
    for entry in running.container.get("env", ()):
        told[entry["name"]] = entry.get("value")
    return told
