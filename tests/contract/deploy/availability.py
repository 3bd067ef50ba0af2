"""Policies on what keeps Seawall serving: spreading, disruption budgets, scaling, finding each other, the journal."""

from tests.contract.deploy.objects import (
    Object,
    environment,
    named,
    of_kind,
    pod,
    selector,
    service_containers,
)

SCALED = {"gateway", "providers"}
"""What is scaled by its load."""
FRONT = "seawall"
"""The Service that applications connect to; Seawall's own clients use the headless ones."""


def undisrupted(objects: list[Object]) -> list[str]:
    """Deployments that a drain of nodes may take away whole, or that would hold it up."""
    found = []
    budgets = {budget["metadata"]["name"]: budget["spec"] for budget in of_kind(objects, "PodDisruptionBudget")}
    for one in service_containers(objects):
        budget = budgets.get(one.workload["metadata"]["name"], {})
        own = {"matchLabels": selector(one.workload)}
        if budget.get("selector") != own or budget.get("maxUnavailable") != 1:
            found.append(f"{one.name}: no PodDisruptionBudget of one pod")
    return found


def heaped(objects: list[Object]) -> list[str]:
    """Deployments whose replicas may all be put on one node."""
    found = []
    for one in service_containers(objects):
        own = {"matchLabels": selector(one.workload)}
        spreads = pod(one.workload)["spec"].get("topologySpreadConstraints", ())
        if not any(s["topologyKey"] == "kubernetes.io/hostname" and s["labelSelector"] == own for s in spreads):
            found.append(f"{one.name} is not spread over the nodes")
    return found


def unscaled(objects: list[Object]) -> list[str]:
    """What is on the request's way and does not grow with its load, or whose replicas are also set by hand."""
    found = []
    for one in service_containers(objects):
        if one.service not in SCALED:
            continue
        name = one.workload["metadata"]["name"]
        if "replicas" in one.workload["spec"]:
            found.append(f"{one.name}: replicas are set, and would be set again with every apply")
        scaler = named(objects, "HorizontalPodAutoscaler", name)
        if scaler is None:
            found.append(f"{one.name}: no HorizontalPodAutoscaler")
            continue
        spec = scaler["spec"]
        target = (spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"])
        if target != (one.workload["kind"], name):
            found.append(f"{one.name}: its HorizontalPodAutoscaler scales {target}")
        if spec["minReplicas"] >= spec["maxReplicas"]:
            found.append(f"{one.name}: from {spec['minReplicas']} to {spec['maxReplicas']} replicas is no scaling")
    return found


def overgranting(objects: list[Object]) -> list[str]:
    """Gateways that do not know of how many they are one: while Redis is away each grants its part of every limit."""
    scaler = named(objects, "HorizontalPodAutoscaler", "gateway")
    least = scaler["spec"]["minReplicas"] if scaler else 1
    return [
        f"{one.name}: {expected} expected, at least {least} run"
        for one in service_containers(objects)
        if one.service == "gateway"
        and (expected := environment(objects, one).get("SEAWALL_EXPECTED_GATEWAYS")) != str(least)
    ]


def unfound(objects: list[Object]) -> list[str]:
    """Deployments whose replicas clients cannot see, and so cannot spread calls over, or that no Service leads to."""
    found = []
    wanted = {one.workload["metadata"]["name"]: selector(one.workload) for one in service_containers(objects)}
    for name, labels in (*wanted.items(), (FRONT, wanted.get("gateway"))):
        there = named(objects, "Service", name)
        if there is None:
            found.append(f"{name}: no Service")
            continue
        spec = there["spec"]
        if name != FRONT and spec.get("clusterIP") != "None":
            found.append(f"{name}: its Service is not headless")
        if spec["selector"] != labels:
            found.append(f"{name}: its Service leads to {spec['selector']}")
    return found


def unserved(objects: list[Object]) -> list[str]:
    """Vendors that config says are served where they are not, and deployments of vendors that nobody is told of."""
    serving = {
        one.workload["metadata"]["name"]: set((environment(objects, one).get("SEAWALL_VENDORS") or "").split(","))
        - {""}
        for one in service_containers(objects)
        if one.service == "providers"
    }
    shared = named(objects, "ConfigMap", "seawall-settings")
    said = (shared["data"] if shared else {}).get("SEAWALL_PROVIDERS_ADDRESSES", "")
    told = dict(entry.split("=", 1) for entry in said.split(",") if entry)
    found = []
    for vendor, address in told.items():
        vendors = serving.get(address.partition(":")[0])
        if vendors is None or (vendors and vendor not in vendors):
            found.append(f"{vendor}: {address} does not serve it")
    for name, vendors in serving.items():
        reached = {vendor for vendor, address in told.items() if address == f"{name}:50051"}
        if vendors - reached:
            found.append(f"{name}: nobody is told that it serves {', '.join(sorted(vendors - reached))}")
    if not any(name == "providers" and not vendors for name, vendors in serving.items()):
        found.append("providers: does not serve all the others")
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
