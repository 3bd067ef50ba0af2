"""Policies on what keeps Seawall serving: spreading, disruption budgets, scaling, finding each other, the journal."""

from tests.contract.deploy.objects import (
    NAME,
    SERVICES,
    Object,
    environment,
    named,
    of_kind,
    pod,
    service_containers,
)

SCALED = {"gateway": "StatefulSet", "providers": "Deployment"}
"""What is scaled by its load, and its kind."""
FRONT = "seawall"
"""The Service that applications connect to; Seawall's own clients use the headless ones."""


def undisrupted(objects: list[Object]) -> list[str]:
    """Services that a drain of nodes may take away whole, or that would hold it up."""
    found = []
    budgets = {budget["metadata"]["name"]: budget["spec"] for budget in of_kind(objects, "PodDisruptionBudget")}
    for service in SERVICES:
        budget = budgets.get(service, {})
        if budget.get("selector") != {"matchLabels": {NAME: service}} or budget.get("maxUnavailable") != 1:
            found.append(f"{service}: no PodDisruptionBudget of one pod")
    return found


def heaped(objects: list[Object]) -> list[str]:
    """Services whose replicas may all be put on one node."""
    found = []
    for one in service_containers(objects):
        own = {"matchLabels": {NAME: one.workload["metadata"]["name"]}}
        spreads = pod(one.workload)["spec"].get("topologySpreadConstraints", ())
        if not any(s["topologyKey"] == "kubernetes.io/hostname" and s["labelSelector"] == own for s in spreads):
            found.append(f"{one.name} is not spread over the nodes")
    return found


def unscaled(objects: list[Object]) -> list[str]:
    """The services on the request's way that do not grow with their load, or whose replicas are also set by hand."""
    found = []
    for service, kind in SCALED.items():
        scaler = named(objects, "HorizontalPodAutoscaler", service)
        if scaler is None:
            found.append(f"{service}: no HorizontalPodAutoscaler")
            continue
        spec = scaler["spec"]
        target = (spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"])
        if target != (kind, service):
            found.append(f"{service}: its HorizontalPodAutoscaler scales {target}")
        if spec["minReplicas"] >= spec["maxReplicas"]:
            found.append(f"{service}: from {spec['minReplicas']} to {spec['maxReplicas']} replicas is no scaling")
        workload = named(objects, kind, service)
        if workload and "replicas" in workload["spec"]:
            found.append(f"{service}: replicas are set, and would be set again with every apply")
    return found


def overgranting(objects: list[Object]) -> list[str]:
    """Gateways that do not know of how many they are one: while Redis is away each grants its part of every limit."""
    scaler = named(objects, "HorizontalPodAutoscaler", "gateway")
    least = scaler["spec"]["minReplicas"] if scaler else 1
    return [
        f"{one.name}: {expected} expected, at least {least} run"
        for one in service_containers(objects)
        if one.workload["metadata"]["name"] == "gateway"
        and (expected := environment(objects, one).get("SEAWALL_EXPECTED_GATEWAYS")) != str(least)
    ]


def unfound(objects: list[Object]) -> list[str]:
    """Services whose replicas a gRPC client cannot see, and so cannot spread its calls over; or that nobody can ask."""
    found = []
    for service in (*SERVICES, FRONT):
        there = named(objects, "Service", service)
        if there is None:
            found.append(f"{service}: no Service")
            continue
        spec = there["spec"]
        if service != FRONT and spec.get("clusterIP") != "None":
            found.append(f"{service}: its Service is not headless")
        if {port["targetPort"] for port in spec["ports"]} != {"http", "grpc"}:
            found.append(f"{service}: its Service does not offer http and grpc")
        if spec["selector"] != {NAME: "gateway" if service == FRONT else service}:
            found.append(f"{service}: its Service leads to {spec['selector']}")
    return found


def forgetful(objects: list[Object]) -> list[str]:
    """A gateway whose journal would not outlive its pod, or would go with a scale-in."""
    gateway = named(objects, "StatefulSet", "gateway")
    if gateway is None:
        return ["gateway is no StatefulSet"]
    found = []
    claims = {claim["metadata"]["name"] for claim in gateway["spec"].get("volumeClaimTemplates", ())}
    (container,) = pod(gateway)["spec"]["containers"]
    kept = {mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] in claims}
    if "/var/lib/seawall" not in kept:
        found.append("the journal is not on a volume of its own")
    if gateway["spec"].get("persistentVolumeClaimRetentionPolicy", {}).get("whenScaled", "Retain") != "Retain":
        found.append("a scale-in deletes a journal")
    return found
