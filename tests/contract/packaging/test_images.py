"""Each service's image has what the service needs, and nothing that only another one needs."""

import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from tests.contract.packaging.image import ROOT, UV, Image, copied, copy_to, sent

ImageOf = Callable[[str], Image]

SERVICES = ("gateway", "providers", "config", "monitor", "alerts")
WITH_TABLES = ("config", "monitor", "alerts")
BROUGHT_ALONG = {"gateway": {"pyqwest"}}
"""Packages that a service's own dependencies need themselves."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the build is given, copied out of the repository."""
    assert UV.exists(), "uv is not there: make setup"
    directory = tmp_path_factory.mktemp("source")
    copy_to(directory)
    return directory


@pytest.fixture(scope="module")
def image_of(source: Path, tmp_path_factory: pytest.TempPathFactory) -> ImageOf:
    """A service's image, made when it is first asked for."""
    return cache(lambda service: Image(service, source, tmp_path_factory.mktemp("image") / "venv"))


def requirements(extra: str) -> set[str]:
    """Names of what an extra of the distribution asks for."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    names: set[str] = set()
    for text in extras[extra]:
        requirement = Requirement(text)
        if requirement.name == "seawall":
            names.update(*(requirements(part) for part in requirement.extras))
        else:
            names.add(requirement.name.lower())
    return names


def commands() -> Iterator[tuple[str, str]]:
    """Every (image, module) that a manifest or compose runs with `python -m`."""
    pods = [
        container
        for file in sorted((ROOT / "deploy/k8s").rglob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text())
        if document and document.get("kind") in {"Job", "Deployment", "StatefulSet"}
        for container in document["spec"]["template"]["spec"]["containers"]
    ]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"].values()
    for runs in (*pods, *compose):
        name, _, _ = runs["image"].partition(":")
        if name.startswith("seawall/") and runs.get("command", [])[:2] == ["python", "-m"]:
            yield name.removeprefix("seawall/"), runs["command"][2]


@pytest.mark.parametrize("path", copied())
def test_what_the_build_copies_is_sent_to_it(path: str) -> None:
    assert (ROOT / path).exists()
    assert sent(path)


@pytest.mark.parametrize("path", [".git", ".venv", "tests", "deploy/dev/secrets.env", ".env", "chassis/__pycache__"])
def test_what_the_build_does_not_need_is_not_sent_to_it(path: str) -> None:
    assert not sent(path)


@pytest.mark.parametrize("service", SERVICES)
def test_the_image_can_start_its_service(service: str, image_of: ImageOf, tmp_path: Path) -> None:
    program = f"import services.{service}.__main__ as main; print(main.__file__)"
    where = image_of(service).python("-c", program, cwd=tmp_path)
    assert "site-packages" in where


@pytest.mark.parametrize("service", SERVICES)
def test_the_image_has_nothing_that_only_others_need(service: str, image_of: ImageOf, tmp_path: Path) -> None:
    own = requirements(service) | BROUGHT_ALONG.get(service, set())
    others = set().union(*(requirements(extra) for extra in (*SERVICES, "cli"))) - own
    development = {"pytest", "mypy", "ruff", "grpcio-tools", "hypothesis"}
    assert image_of(service).distributions(tmp_path) & (others | development) == set()


@pytest.mark.parametrize("service", SERVICES)
def test_the_image_has_every_program_that_is_run_in_it(service: str, image_of: ImageOf, tmp_path: Path) -> None:
    for name, module in sorted(set(commands())):
        if name == service:
            entry = f"{module}.__main__" if (ROOT / module.replace(".", "/")).is_dir() else module
            image_of(service).python("-c", f"import {entry}", cwd=tmp_path)


def test_the_image_of_providers_has_the_long_tail_where_it_is_built_with_it(
    source: Path, image_of: ImageOf, tmp_path: Path
) -> None:
    assert "litellm" not in image_of("providers").distributions(tmp_path)
    built = Image("providers", source, tmp_path / "venv", extras="long-tail")
    program = "import services.providers.__main__, sys; from services.providers.adapters.litellm.sdk import *"
    assert built.python("-c", f"{program}; print(PACKAGE in sys.modules, installed())", cwd=tmp_path) == "False True"


@pytest.mark.parametrize("service", WITH_TABLES)
def test_the_image_migrates_its_tables(service: str, image_of: ImageOf, tmp_path: Path) -> None:
    database = tmp_path / "tables.db"
    image_of(service).python(
        "-m",
        "chassis.storage.job",
        service,
        cwd=tmp_path,
        environment={"SEAWALL_DATABASE_URL": f"sqlite+aiosqlite:///{database}"},
    )
    assert database.stat().st_size > 0


def test_every_program_that_is_run_is_one_of_an_image() -> None:
    assert {
        ("gateway", "simulator"),
        ("gateway", "chassis.kafka.provision"),
        *((service, "chassis.storage.job") for service in WITH_TABLES),
    } == set(commands())
