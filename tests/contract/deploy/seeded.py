"""Manifests that are wrong on purpose: each a good rendering with one thing spoilt, and the policy that must see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contract.deploy.objects import Object, named, of_kind, pod

Spoil = Callable[[list[Object]], None]


@dataclass(frozen=True)
class Bad:
    """One of them."""

    policy: str
    spoil: Spoil
    overlay: str


BAD: list[Bad] = []


def breaks(policy: str, *, overlay: str = "prod") -> Callable[[Spoil], Spoil]:
    """Put a spoiler on the list."""

    def put(spoil: Spoil) -> Spoil:
        BAD.append(Bad(policy, spoil, overlay))
        return spoil

    return put


def the(objects: list[Object], kind: str, name: str) -> Any:
    """The object; there must be one."""
    found = named(objects, kind, name)
    assert found is not None, f"no {kind} {name}"
    return found


def spec(objects: list[Object], name: str) -> Any:
    """The spec of a service's pod."""
    return pod(the(objects, "StatefulSet" if name == "gateway" else "Deployment", name))["spec"]


def container(objects: list[Object], name: str) -> Any:
    """A service's container."""
    return spec(objects, name)["containers"][0]


def settings(objects: list[Object]) -> dict[str, str]:
    """The shared settings."""
    data: dict[str, str] = the(objects, "ConfigMap", "seawall-settings")["data"]
    return data


@breaks("every service is there")
def a_service_is_left_out(objects: list[Object]) -> None:
    objects.remove(the(objects, "Deployment", "alerts"))


@breaks("jobs can go first")
def a_service_is_not_told_from_the_rest(objects: list[Object]) -> None:
    del the(objects, "StatefulSet", "gateway")["metadata"]["labels"]["app.kubernetes.io/component"]


@breaks("pods are restricted")
def a_pod_may_run_as_root(objects: list[Object]) -> None:
    spec(objects, "config")["securityContext"]["runAsNonRoot"] = False


@breaks("pods are restricted")
def a_container_may_gain_privileges(objects: list[Object]) -> None:
    del container(objects, "gateway")["securityContext"]["allowPrivilegeEscalation"]


@breaks("pods are restricted")
def a_container_keeps_a_capability(objects: list[Object]) -> None:
    container(objects, "alerts")["securityContext"]["capabilities"]["add"] = ["NET_ADMIN"]


@breaks("pods are restricted")
def a_pod_has_no_seccomp_profile(objects: list[Object]) -> None:
    del spec(objects, "monitor")["securityContext"]["seccompProfile"]


@breaks("pods are restricted")
def a_container_can_write_to_its_programs(objects: list[Object]) -> None:
    container(objects, "providers")["securityContext"]["readOnlyRootFilesystem"] = False


@breaks("pods are restricted")
def a_pod_sees_the_node(objects: list[Object]) -> None:
    spec(objects, "gateway")["volumes"].append({"name": "node", "hostPath": {"path": "/"}})


@breaks("pods are restricted", overlay="dev")
def a_namespace_lets_anything_in(objects: list[Object]) -> None:
    of_kind(objects, "Namespace")[0]["metadata"]["labels"] = {}


@breaks("containers are bounded")
def a_container_may_take_all_memory(objects: list[Object]) -> None:
    del container(objects, "gateway")["resources"]["limits"]


@breaks("containers are bounded")
def a_container_requests_no_cpu(objects: list[Object]) -> None:
    del container(objects, "monitor")["resources"]["requests"]["cpu"]


@breaks("liveness and readiness are asked apart")
def liveness_is_readiness(objects: list[Object]) -> None:
    container(objects, "config")["livenessProbe"]["httpGet"]["path"] = "/health/ready"


@breaks("liveness and readiness are asked apart")
def readiness_is_not_asked(objects: list[Object]) -> None:
    del container(objects, "gateway")["readinessProbe"]


@breaks("draining ends before the kill")
def the_drain_is_as_long_as_the_grace(objects: list[Object]) -> None:
    settings(objects)["SEAWALL_DRAIN_TIMEOUT"] = "170"


@breaks("draining ends before the kill")
def a_pod_has_the_usual_grace(objects: list[Object]) -> None:
    del spec(objects, "gateway")["terminationGracePeriodSeconds"]


@breaks("draining ends before the kill")
def work_is_refused_before_anybody_noticed(objects: list[Object]) -> None:
    settings(objects)["SEAWALL_DRAIN_DELAY"] = "0"


@breaks("streams can end")
def a_route_allows_more_than_the_drain(objects: list[Object]) -> None:
    manifest = the(objects, "ConfigMap", "seawall-manifest")["data"]
    manifest["seawall.yaml"] = manifest["seawall.yaml"].replace(
        "strategy: ordered", "strategy: ordered\n      policy: {timeout: 5m}"
    )


@breaks("no variables of the cluster's")
def a_pod_is_told_of_services(objects: list[Object]) -> None:
    del spec(objects, "gateway")["enableServiceLinks"]


@breaks("images are pinned")
def an_image_moves(objects: list[Object]) -> None:
    container(objects, "providers")["image"] = "seawall/providers:latest"


@breaks("images are ours", overlay="dev")
def an_image_may_be_pulled_from_strangers(objects: list[Object]) -> None:
    del container(objects, "gateway")["imagePullPolicy"]


@breaks("disruptions take one pod")
def a_service_has_no_budget(objects: list[Object]) -> None:
    objects.remove(the(objects, "PodDisruptionBudget", "monitor"))


@breaks("disruptions take one pod")
def a_budget_is_another_services(objects: list[Object]) -> None:
    budget = the(objects, "PodDisruptionBudget", "monitor")
    budget["spec"]["selector"] = {"matchLabels": {"app.kubernetes.io/name": "alerts"}}


@breaks("replicas are spread")
def replicas_may_share_a_node(objects: list[Object]) -> None:
    del spec(objects, "gateway")["topologySpreadConstraints"]


@breaks("the request's way scales")
def a_scaler_scales_another_kind(objects: list[Object]) -> None:
    the(objects, "HorizontalPodAutoscaler", "gateway")["spec"]["scaleTargetRef"]["kind"] = "Deployment"


@breaks("the request's way scales")
def a_scaled_service_sets_its_replicas(objects: list[Object]) -> None:
    the(objects, "Deployment", "providers")["spec"]["replicas"] = 2


@breaks("gateways know of how many they are one")
def more_gateways_run_than_are_expected(objects: list[Object]) -> None:
    the(objects, "HorizontalPodAutoscaler", "gateway")["spec"]["minReplicas"] = 6


@breaks("replicas can be found")
def a_service_hides_its_replicas(objects: list[Object]) -> None:
    del the(objects, "Service", "providers")["spec"]["clusterIP"]


@breaks("vendors are served where config says")
def a_vendor_is_asked_where_it_is_not_served(objects: list[Object]) -> None:
    settings(objects)["SEAWALL_PROVIDERS_ADDRESSES"] += ",gemini=providers-openai:50051"


@breaks("vendors are served where config says")
def a_deployment_of_a_vendor_is_not_told_of(objects: list[Object]) -> None:
    settings(objects)["SEAWALL_PROVIDERS_ADDRESSES"] = "openai=providers-openai:50051"


@breaks("vendors are served where config says")
def the_other_vendors_are_served_nowhere(objects: list[Object]) -> None:
    container(objects, "providers")["env"].append({"name": "SEAWALL_VENDORS", "value": "mistral"})


@breaks("replicas can be found")
def the_service_for_all_vendors_leads_to_those_of_one(objects: list[Object]) -> None:
    del the(objects, "Service", "providers")["spec"]["selector"]["app.kubernetes.io/instance"]


@breaks("services are reached where they listen")
def the_hop_listens_where_nobody_is_let_in(objects: list[Object]) -> None:
    container(objects, "providers")["env"].append({"name": "SEAWALL_HOP_ADDRESS", "value": "0.0.0.0:50062"})


@breaks("services are reached where they listen")
def the_hop_listens_for_its_pod_alone(objects: list[Object]) -> None:
    container(objects, "providers-openai")["env"].append({"name": "SEAWALL_HOP_ADDRESS", "value": "127.0.0.1:50061"})


@breaks("services are reached where they listen")
def a_port_is_not_named(objects: list[Object]) -> None:
    container(objects, "providers")["ports"].pop()


@breaks("services are reached where they listen")
def a_service_offers_no_grpc(objects: list[Object]) -> None:
    del the(objects, "Service", "seawall")["spec"]["ports"][1]


@breaks("services are reached where they listen")
def the_hop_is_not_let_in(objects: list[Object]) -> None:
    del the(objects, "NetworkPolicy", "providers")["spec"]["ingress"][0]["ports"][1]


@breaks("the journal outlives its pod")
def the_journal_goes_with_its_pod(objects: list[Object]) -> None:
    del the(objects, "StatefulSet", "gateway")["spec"]["volumeClaimTemplates"]
    spec(objects, "gateway")["volumes"].append({"name": "data", "emptyDir": {}})


@breaks("denied by default")
def nothing_is_denied(objects: list[Object]) -> None:
    objects.remove(the(objects, "NetworkPolicy", "default-deny"))


@breaks("edges are the architecture's")
def the_gateway_may_ask_the_database(objects: list[Object]) -> None:
    the(objects, "NetworkPolicy", "to-postgres")["spec"]["podSelector"]["matchExpressions"][0]["values"] += ["gateway"]


@breaks("edges are the architecture's")
def monitor_may_call_the_internet(objects: list[Object]) -> None:
    outside = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 443}]}
    the(objects, "NetworkPolicy", "monitor")["spec"]["egress"].append(outside)


@breaks("edges are the architecture's")
def a_vendor_may_be_inside_the_cluster(objects: list[Object]) -> None:
    for rule in the(objects, "NetworkPolicy", "providers")["spec"]["egress"]:
        for peer in rule["to"]:
            peer.get("ipBlock", {}).get("except", []).clear()


@breaks("edges are the architecture's")
def the_gateway_cannot_ask_providers(objects: list[Object]) -> None:
    policy = the(objects, "NetworkPolicy", "gateway")["spec"]
    policy["egress"] = [rule for rule in policy["egress"] if rule["ports"][0]["port"] != 50051]


@breaks("edges are the architecture's")
def the_gateway_may_not_open_the_hop(objects: list[Object]) -> None:
    for rule in the(objects, "NetworkPolicy", "gateway")["spec"]["egress"]:
        rule["ports"] = [port for port in rule["ports"] if port["port"] != 50061]


@breaks("edges are the architecture's")
def the_gateway_may_open_a_hop_at_config(objects: list[Object]) -> None:
    (rule,) = [
        rule
        for rule in the(objects, "NetworkPolicy", "gateway")["spec"]["egress"]
        if {"protocol": "TCP", "port": 50061} in rule["ports"]
    ]
    rule["to"].append({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "config"}}})


@breaks("edges are the architecture's")
def config_may_open_the_hop(objects: list[Object]) -> None:
    providers = the(objects, "NetworkPolicy", "providers")["spec"]["ingress"][0]["from"]
    providers.append({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "config"}}})


@breaks("edges are the architecture's")
def anybody_may_ask_config(objects: list[Object]) -> None:
    the(objects, "NetworkPolicy", "config")["spec"]["ingress"].append({"ports": [{"port": 50051}]})


@breaks("edges are the architecture's")
def every_port_is_open(objects: list[Object]) -> None:
    del the(objects, "NetworkPolicy", "alerts")["spec"]["ingress"][0]["ports"]


@breaks("edges are the architecture's", overlay="dev")
def the_simulator_may_call_kafka(objects: list[Object]) -> None:
    kafka = the(objects, "NetworkPolicy", "kafka")["spec"]["ingress"][0]["from"]
    kafka.append({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "simulator"}}})


@breaks("settings exist")
def a_setting_is_misspelt(objects: list[Object]) -> None:
    settings(objects)["SEAWALL_DRAIN_TIMEOUTS"] = settings(objects)["SEAWALL_DRAIN_TIMEOUT"]


@breaks("settings exist")
def a_setting_is_another_services(objects: list[Object]) -> None:
    container(objects, "providers")["env"].append({"name": "SEAWALL_REDIS_URL", "value": "redis://redis"})


@breaks("settings are accepted")
def a_setting_that_is_needed_is_not_there(objects: list[Object]) -> None:
    one = container(objects, "gateway")
    one["env"] = [entry for entry in one["env"] if entry["name"] != "SEAWALL_KEY_PEPPER"]


@breaks("settings are accepted")
def a_setting_has_no_sense(objects: list[Object]) -> None:
    settings(objects)["SEAWALL_TRACE_SAMPLE_RATIO"] = "7"


@breaks("jobs migrate")
def services_migrate_beside_the_job(objects: list[Object]) -> None:
    del settings(objects)["SEAWALL_MIGRATE"]


@breaks("jobs migrate")
def nobody_migrates(objects: list[Object]) -> None:
    objects.remove(the(objects, "Job", "migrate-alerts"))


@breaks("secrets are announced")
def a_secret_is_not_announced(objects: list[Object]) -> None:
    reference = {"secretKeyRef": {"name": "seawall-other", "key": "token"}}
    container(objects, "monitor")["env"].append({"name": "SEAWALL_INTERNAL_TOKEN", "valueFrom": reference})


@breaks("secrets are references")
def a_secret_is_an_object(objects: list[Object]) -> None:
    objects.append({"kind": "Secret", "metadata": {"name": "seawall-pepper"}, "data": {"pepper": "cGVwcGVy"}})


@breaks("secrets are references")
def a_token_is_written_down(objects: list[Object]) -> None:
    container(objects, "monitor")["env"][0] = {"name": "SEAWALL_INTERNAL_TOKEN", "value": "let-me-in"}


@breaks("secrets are references")
def a_password_is_in_an_address(objects: list[Object]) -> None:
    container(objects, "config")["env"].append({"name": "ANY", "value": "postgresql://seawall:hush@postgres/seawall"})


@breaks("secrets are references")
def a_vendors_key_is_in_a_config_map(objects: list[Object]) -> None:
    the(objects, "ConfigMap", "seawall-manifest")["data"]["seawall.yaml"] += "# sk-proj-0123456789abcdefghij"


@breaks("references lead somewhere", overlay="dev")
def a_secret_has_no_such_key(objects: list[Object]) -> None:
    secret = the(objects, "Secret", "seawall-database")
    secret["data"] = {"address": secret["data"]["url"]}


@breaks("references lead somewhere", overlay="dev")
def the_manifest_refers_to_nothing(objects: list[Object]) -> None:
    del the(objects, "Secret", "seawall-vendor-keys")["data"]["SIMULATOR_KEY"]
