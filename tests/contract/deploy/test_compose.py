"""What the manifests promise of a cluster, docker-compose.yml promises of one machine, where it applies."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from chassis.manifest import parse
from tests.contract.deploy.objects import PREFIX, SERVICES
from tests.contract.deploy.settings import SOME_SECRET, references, secrets_of, settings_of, variables_of

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, part in PARTS.items() if part["image"].startswith("seawall/")]
RUNNING = {name: part["build"]["args"]["SERVICE"] for name, part in PARTS.items() if "build" in part}
"""Containers of the services, and which one each runs."""


def value(text: object) -> str:
    """What compose makes of a value where nothing is exported: the default of `${NAME:-default}`."""
    return re.sub(r"\$\{\w+:([-?])([^}]*)\}", lambda match: match[2] if match[1] == "-" else SOME_SECRET, str(text))


def manifest_references() -> set[str]:
    return references(parse((ROOT / "deploy/dev/seawall.yaml").read_text()))


@pytest.mark.parametrize("name", PARTS)
def test_an_image_does_not_move(name: str) -> None:
    tag = PARTS[name]["image"].partition(":")[2]
    assert tag not in {"", "latest"}


@pytest.mark.parametrize("name", OURS)
def test_an_image_of_ours_is_built_here_and_never_pulled(name: str) -> None:
    part = PARTS[name]
    assert part["pull_policy"] == ("build" if "build" in part else "never")
    assert part["image"] in {built["image"] for built in PARTS.values() if "build" in built}


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_may_do_only_what_it_must(name: str) -> None:
    part = PARTS[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", [*SERVICES, "kafka", "postgres", "redis"])
def test_a_part_that_is_waited_for_says_when_it_serves(name: str) -> None:
    assert PARTS[name]["healthcheck"]["test"]


@pytest.mark.parametrize("service", RUNNING)
def test_a_service_is_asked_for_its_readiness(service: str) -> None:
    assert "/health/ready" in PARTS[service]["healthcheck"]["test"][-1]


@pytest.mark.parametrize(("name", "service"), RUNNING.items())
def test_every_setting_is_one_of_the_service(name: str, service: str) -> None:
    told = {variable for variable in PARTS[name]["environment"] if variable.startswith(PREFIX)}
    assert told - variables_of(service) - manifest_references() == set()


@pytest.mark.parametrize(("name", "service"), RUNNING.items())
def test_the_service_accepts_its_settings(name: str, service: str) -> None:
    variables = PARTS[name]["environment"].items()
    told = {variable.removeprefix(PREFIX).lower(): value(text) for variable, text in variables}
    try:
        settings = settings_of(service).model_validate(told)
    except ValidationError as error:
        pytest.fail(str(error))
    grace = float(PARTS[name]["stop_grace_period"].removesuffix("s"))
    assert settings.drain_delay + settings.drain_timeout + 5 < grace


def test_what_the_manifest_refers_to_is_told_to_who_needs_it() -> None:
    manifest = parse((ROOT / "deploy/dev/seawall.yaml").read_text())
    providers = {key.removeprefix("env:") for provider in manifest.providers for key in secrets_of(provider)}
    keys = {key.value.removeprefix("env:") for project in manifest.projects for key in project.keys}
    assert providers <= set(PARTS["providers"]["environment"])
    assert keys <= set(PARTS["config"]["environment"])


@pytest.mark.parametrize("name", PARTS)
def test_ports_are_published_on_this_machine_only(name: str) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in PARTS[name].get("ports", ()))


@pytest.mark.parametrize("name", PARTS)
def test_files_that_are_mounted_are_there(name: str) -> None:
    for volume in PARTS[name].get("volumes", ()):
        source = re.sub(r":/.*", "", value(volume))
        assert source in COMPOSE["volumes"] or (ROOT / source).exists()


def test_every_replica_of_every_service_is_scraped() -> None:
    (job,) = yaml.safe_load((ROOT / "deploy/observability/prometheus.yaml").read_text())["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    assert (set(found["names"]), found["type"], found["port"]) == (set(RUNNING), "A", 8080)
    (relabelled,) = job["relabel_configs"]
    assert {name: re.fullmatch(relabelled["regex"], name)[1] for name in RUNNING} == RUNNING  # type: ignore[index]  # all match


def test_vendors_are_served_where_config_says() -> None:
    told = PARTS["config"]["environment"]["SEAWALL_PROVIDERS_ADDRESSES"]
    serving = {
        f"{name}:50051": PARTS[name]["environment"].get("SEAWALL_VENDORS", "")
        for name, service in RUNNING.items()
        if service == "providers"
    }
    assert serving.pop("providers:50051") == ""
    assert {address: vendor for vendor, address in (entry.split("=") for entry in told.split(","))} == serving
