"""Every policy on the manifests, by name, and the overlays that it holds for.

Development's secrets are in plain sight by intent, so that only there every reference can be followed.
"""

from collections.abc import Callable, Mapping
from functools import partial

from tests.contract.deploy import availability, listening, network, pods, settings
from tests.contract.deploy.objects import Object

Policy = Callable[[list[Object]], list[str]]
"""The violations in a rendering, each in words."""

EVERYWHERE: Mapping[str, Policy] = {
    "every service is there": pods.missing,
    "jobs can go first": pods.unordered,
    "pods are restricted": pods.unrestricted,
    "containers are bounded": pods.unbounded,
    "liveness and readiness are asked apart": pods.ill_probed,
    "draining ends before the kill": pods.killed_early,
    "no variables of the cluster's": pods.misled,
    "images are pinned": pods.unpinned,
    "images are ours": pods.strangers,
    "disruptions take one pod": availability.undisrupted,
    "replicas are spread": availability.heaped,
    "the request's way scales": availability.unscaled,
    "gateways know of how many they are one": availability.overgranting,
    "replicas can be found": availability.unfound,
    "vendors are served where config says": availability.unserved,
    "the journal outlives its pod": availability.forgetful,
    "services are reached where they listen": listening.deaf,
    "denied by default": network.open_by_default,
    "settings exist": settings.unread,
    "settings are accepted": settings.refused,
    "jobs migrate": settings.unmigrated,
    "secrets are announced": settings.undeclared,
    "streams can end": settings.cut_off,
}
ONLY: Mapping[str, Mapping[str, Policy]] = {
    "dev": {
        "edges are the architecture's": partial(network.unlike, architecture=network.ARCHITECTURE | network.SIMULATED),
        "references lead somewhere": settings.dangling,
    },
    "prod": {
        "edges are the architecture's": partial(network.unlike, architecture=network.ARCHITECTURE),
        "secrets are references": settings.revealed,
    },
}


def policies(overlay: str) -> Mapping[str, Policy]:
    """What `overlay` must keep to."""
    return {**EVERYWHERE, **ONLY[overlay]}
