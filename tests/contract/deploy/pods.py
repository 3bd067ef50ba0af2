"""Policies on each pod: Pod Security's restricted level, what it may use, how it is probed, how it ends."""

from tests.contract.deploy.objects import (
    JOBS,
    NAME,
    SERVICES,
    WORKLOADS,
    Object,
    Running,
    containers,
    environment,
    of_kind,
    pod,
    service_containers,
)

MARGIN = 5
"""Seconds between the end of the drain and the kill."""


def unrestricted(objects: list[Object]) -> list[str]:
    """Pods that Pod Security's restricted level would refuse, or that could write to their own programs."""
    found = []
    for one in containers(objects):
        spec = pod(one.workload)["spec"]
        security = spec.get("securityContext", {}) | one.container.get("securityContext", {})
        wanted = {
            "runAsNonRoot": security.get("runAsNonRoot") is True and security.get("runAsUser") != 0,
            "allowPrivilegeEscalation": security.get("allowPrivilegeEscalation") is False,
            "capabilities": security.get("capabilities") == {"drop": ["ALL"]},
            "privileged": not security.get("privileged"),
            "readOnlyRootFilesystem": security.get("readOnlyRootFilesystem") is True,
            "seccompProfile": security.get("seccompProfile", {}).get("type") == "RuntimeDefault",
            "host": not any(spec.get(shared) for shared in ("hostNetwork", "hostPID", "hostIPC")),
            "hostPort": not any("hostPort" in port for port in one.container.get("ports", ())),
            "volumes": all("hostPath" not in volume for volume in spec.get("volumes", ())),
            "automountServiceAccountToken": spec.get("automountServiceAccountToken") is False,
        }
        found += [f"{one.name}: {what}" for what, holds in wanted.items() if not holds]
    for namespace in of_kind(objects, "Namespace"):
        if namespace["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted":
            found.append(f"Namespace {namespace['metadata']['name']} does not enforce the restricted level")
    return found


def unbounded(objects: list[Object]) -> list[str]:
    """Containers that do not say what they need, or may take a node's memory."""
    found = []
    for one in containers(objects):
        resources = one.container.get("resources", {})
        requests = resources.get("requests", {})
        found += [f"{one.name}: no request for {what}" for what in ("cpu", "memory") if what not in requests]
        if "memory" not in resources.get("limits", {}):
            found.append(f"{one.name}: no limit on memory")
    return found


def ill_probed(objects: list[Object]) -> list[str]:
    """Services whose liveness is not asked of /health/live, or whose readiness is not asked of /health/ready."""
    found = []
    for one in service_containers(objects):
        for probe, path in (
            ("startupProbe", "/health/live"),
            ("livenessProbe", "/health/live"),
            ("readinessProbe", "/health/ready"),
        ):
            asked = one.container.get(probe, {}).get("httpGet", {})
            if (asked.get("path"), asked.get("port")) != (path, "http"):
                found.append(f"{one.name}: {probe} asks {asked.get('path')}")
    return found


def killed_early(objects: list[Object]) -> list[str]:
    """Services that are killed before they had the time to drain, or that drain before anybody noticed."""
    found = []
    for one in service_containers(objects):
        delay, drain = (seconds(objects, one, name) for name in ("SEAWALL_DRAIN_DELAY", "SEAWALL_DRAIN_TIMEOUT"))
        grace = pod(one.workload)["spec"].get("terminationGracePeriodSeconds", 30)
        if delay + drain + MARGIN >= grace:
            found.append(f"{one.name}: {delay} s + {drain} s + {MARGIN} s of draining in a grace of {grace} s")
        readiness = one.container.get("readinessProbe", {})
        noticed = readiness.get("periodSeconds", 10) * readiness.get("failureThreshold", 3)
        if delay < noticed:
            found.append(f"{one.name}: refuses work after {delay} s, which is noticed after {noticed} s")
    return found


def misled(objects: list[Object]) -> list[str]:
    """Pods that Kubernetes tells of its Services in variables: `seawall` among them, so named like our settings."""
    return [
        f"{workload['kind']} {workload['metadata']['name']}: enableServiceLinks"
        for workload in of_kind(objects, *WORKLOADS)
        if pod(workload)["spec"].get("enableServiceLinks") is not False
    ]


def unpinned(objects: list[Object]) -> list[str]:
    """Images whose content may change under their name: without a tag, or with one that moves."""
    found = []
    for one in containers(objects):
        image = one.container["image"]
        _, _, tag = image.rpartition("/")[2].partition(":")
        if "@sha256:" not in image and tag in {"", "latest"}:
            found.append(f"{one.name}: {image}")
    return found


def strangers(objects: list[Object]) -> list[str]:
    """Images of ours that a cluster would look for in the public registry, where their names are not ours."""
    return [
        f"{one.name}: {one.container['image']}"
        for one in containers(objects)
        if one.container["image"].startswith("seawall/") and one.container.get("imagePullPolicy") != "Never"
    ]


def missing(objects: list[Object]) -> list[str]:
    """Services that are not there."""
    there = {workload["metadata"]["name"] for workload in of_kind(objects, "Deployment", "StatefulSet")}
    return [f"{service} is missing" for service in SERVICES if service not in there]


def unordered(objects: list[Object]) -> list[str]:
    """What a rollout in two steps would take for something else: first everything but services, then those."""
    found = []
    for workload in of_kind(objects, *WORKLOADS):
        name = workload["metadata"]["name"]
        labels = workload["metadata"].get("labels", {})
        component = labels.get("app.kubernetes.io/component")
        wanted = "job" if name in JOBS else "service" if labels.get(NAME) in SERVICES else None
        if component != wanted:
            found.append(f"{workload['kind']} {name}: its component is {component}")
    return found


def seconds(objects: list[Object], running: Running, name: str) -> float:
    """A setting of a container, as a number; 0 where it is not set."""
    return float(environment(objects, running).get(name) or 0)
