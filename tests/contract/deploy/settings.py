"""Policies on what services are told: settings that exist and are accepted, secrets by reference, the manifest."""

import importlib
import re
from pathlib import Path

import yaml
from pydantic import ValidationError

from chassis.manifest import Manifest, Provider, parse
from chassis.secrets import is_reference
from chassis.settings import ServiceSettings
from services.gateway.domain.route import Policy
from tests.contract.deploy.objects import (
    JOBS,
    PREFIX,
    SERVICES,
    Object,
    containers,
    environment,
    named,
    of_kind,
    service_containers,
)

BASE = Path(__file__).parents[3] / "deploy/k8s/base/kustomization.yaml"
SOME_SECRET = "s" * 32

_SECRET_NAME = re.compile(r"TOKEN|PASSWORD|PASSWD|SECRET|PEPPER|CREDENTIAL|_KEY(_|$)|^KEY$")
_SECRET_VALUE = re.compile(
    r"sw_[0-9A-Za-z]{38}|\bsk-[\w-]{16,}|\bgh[pousr]_\w{20,}|\bAKIA[0-9A-Z]{16}\b|://[^/\s:@]*:[^/\s@]+@|PRIVATE KEY|"
    r"\beyJ[\w-]{10,}\.[\w-]{10,}\."
)


def settings_of(service: str) -> type[ServiceSettings]:
    """The class of a service's settings."""
    found: type[ServiceSettings] = importlib.import_module(f"services.{service}.settings").Settings
    return found


def variables_of(service: str) -> set[str]:
    """Names of the variables that a service reads."""
    return {f"{PREFIX}{field.upper()}" for field in settings_of(service).model_fields}


def secrets_of(provider: Provider) -> set[str]:
    """The references of a provider, which the providers service follows."""
    said = {provider.proxy, provider.ca, *provider.headers.values(), *(key.key for key in provider.keys)}
    return {text for text in said if text is not None and is_reference(text)}


def unread(objects: list[Object]) -> list[str]:
    """Variables named like settings that the service, or in a shared map all services, would not read."""
    referred = {name for manifest in manifests(objects) for name in references(manifest)}
    found = []
    for one in containers(objects):
        if one.service is None:
            continue
        own = {entry["name"] for entry in one.container.get("env", ())}
        known = variables_of(one.service) | referred
        found += [f"{one.name}: {name}" for name in own if name.startswith(PREFIX) and name not in known]
    shared = named(objects, "ConfigMap", "seawall-settings")
    known = set().union(*map(variables_of, SERVICES))
    found += [f"seawall-settings: {name}" for name in (shared["data"] if shared else {}) if name not in known]
    return found


def refused(objects: list[Object]) -> list[str]:
    """Services that would not start with what they are told; every secret is taken to be a good one."""
    found = []
    for one in service_containers(objects):
        service = str(one.service)
        told = {
            name.removeprefix(PREFIX).lower(): SOME_SECRET if value is None else value
            for name, value in environment(objects, one).items()
            if name in variables_of(service)
        }
        try:
            settings_of(service).model_validate(told)
        except ValidationError as error:
            found += [f"{one.name}: {problem['loc']}: {problem['msg']}" for problem in error.errors()]
    return found


def unmigrated(objects: list[Object]) -> list[str]:
    """Services with tables that migrate by themselves beside a Job that does, or that nobody migrates."""
    found = []
    jobs = {job["metadata"]["name"] for job in of_kind(objects, "Job")}
    found += [f"{job} is missing" for job in JOBS if job not in jobs]
    for one in service_containers(objects):
        if (
            "migrate" in settings_of(str(one.service)).model_fields
            and environment(objects, one).get("SEAWALL_MIGRATE") != "false"
        ):
            found.append(f"{one.name} migrates by itself")
    return found


def revealed(objects: list[Object]) -> list[str]:
    """Secrets that are written down: as an object, as a variable's value, or in a config map."""
    found = [f"Secret {secret['metadata']['name']}" for secret in of_kind(objects, "Secret")]
    for one in containers(objects):
        for entry in one.container.get("env", ()):
            name, value = entry["name"], str(entry.get("value", ""))
            if value and (_SECRET_NAME.search(name) or _SECRET_VALUE.search(value)):
                found.append(f"{one.name}: {name}")
    for config_map in of_kind(objects, "ConfigMap"):
        for name, value in config_map["data"].items():
            if _SECRET_VALUE.search(value) or (name.startswith(PREFIX) and _SECRET_NAME.search(name)):
                found.append(f"ConfigMap {config_map['metadata']['name']}: {name}")
    return found


def undeclared(objects: list[Object]) -> list[str]:
    """References to secrets that the base's comment does not announce, and announced ones that nobody refers to.

    In the comment a secret has its key in brackets; one without is a set of variables of whatever names.
    """
    comment = BASE.read_text().partition("config map")[0]
    announced = set(re.findall(r"(seawall-[a-z-]+)(?: \((\w+)\))?", comment))
    used = set()
    for one in containers(objects):
        for source in one.container.get("envFrom", ()):
            if "secretRef" in source:
                # A deployment of one vendor has a set of its own, named like the one for all.
                used.add((re.sub(r"(?<=^seawall-vendor-keys)-.*", "", plain(objects, source["secretRef"]["name"])), ""))
        for entry in one.container.get("env", ()):
            if reference := entry.get("valueFrom", {}).get("secretKeyRef"):
                used.add((plain(objects, reference["name"]), reference["key"]))
    return [
        *(f"not announced: {name} ({key})" for name, key in sorted(used - announced)),
        *(f"not used: {name} ({key})" for name, key in sorted(announced - used)),
    ]


def dangling(objects: list[Object]) -> list[str]:
    """References that lead nowhere in this rendering: to objects, to their keys, and `env:NAME` in the manifest."""
    found = []
    for one in containers(objects):
        for source in one.container.get("envFrom", ()):
            for kind, reference in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                if reference in source and named(objects, kind, source[reference]["name"]) is None:
                    found.append(f"{one.name}: {kind} {source[reference]['name']}")
        for entry in one.container.get("env", ()):
            if reference := entry.get("valueFrom", {}).get("secretKeyRef"):
                secret = named(objects, "Secret", reference["name"])
                if secret is None or reference["key"] not in secret["data"]:
                    found.append(f"{one.name}: Secret {reference['name']}, {reference['key']}")
    told = {one.workload["metadata"]["name"]: environment(objects, one) for one in service_containers(objects)}
    for manifest in manifests(objects):
        keys = {reference for provider in manifest.providers for reference in secrets_of(provider)}
        found += [f"providers: {key}" for key in keys if key.removeprefix("env:") not in told["providers"]]
        keys = {key.value for project in manifest.projects for key in project.keys}
        found += [f"config: {key}" for key in keys if key.removeprefix("env:") not in told["config"]]
    return found


def cut_off(objects: list[Object]) -> list[str]:
    """Services that end before a request under way must have: each server has four tenths of the drain for that."""
    longest = max((timeout for manifest in manifests(objects) for timeout in timeouts(manifest)), default=0.0)
    found = []
    for one in service_containers(objects):
        each = float(environment(objects, one).get("SEAWALL_DRAIN_TIMEOUT") or 0) * 0.4
        if each < longest:
            found.append(f"{one.name}: has {each} s for requests that may take {longest} s")
    return found


def manifests(objects: list[Object]) -> list[Manifest]:
    """What the rendering's seawall.yaml declares; a Failure where it is wrong."""
    return [
        parse(text)
        for config_map in of_kind(objects, "ConfigMap")
        for name, text in config_map["data"].items()
        if name == "seawall.yaml"
    ]


def references(manifest: Manifest) -> set[str]:
    """Names of the variables that a manifest refers to."""
    return set(re.findall(r"env:(\w+)", yaml.safe_dump(manifest.model_dump(mode="json"))))


def timeouts(manifest: Manifest) -> list[float]:
    """Seconds that each route allows."""
    limits = [model.route.policy.timeout for model in manifest.models]
    return [Policy().timeout if limit is None else limit.total_seconds() for limit in limits]


def plain(objects: list[Object], name: str) -> str:
    """A secret's name without the hash that Kustomize puts behind the names of those that it makes."""
    return name.rpartition("-")[0] if named(objects, "Secret", name) else name
