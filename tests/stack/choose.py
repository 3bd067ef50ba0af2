"""Where a dependency of the tests comes from: an address in the environment, else Docker, else native programs."""

import functools
import os
import shutil
import subprocess
from collections.abc import Mapping
from enum import Enum

import pytest


class Source(Enum):
    """What runs a dependency whose address the environment does not give."""

    DOCKER = "docker"
    NATIVE = "native"


def given_address(name: str) -> str | None:
    """The address in SEAWALL_TEST_<NAME>, if one is set."""
    return os.environ.get(f"SEAWALL_TEST_{name.upper()}") or None


def source_of(name: str, needs: Mapping[str, bool]) -> Source:
    """Docker where it answers, else native where all that it `needs` is there; otherwise the test skips, or fails.

    It fails where the dependency is demanded: under CI, or when SEAWALL_TEST_REQUIRE names it.
    """
    if _docker_answers():
        return Source.DOCKER
    absent = [what for what, there in needs.items() if not there]
    if not absent:
        return Source.NATIVE
    reason = (
        f"{name} cannot be had: SEAWALL_TEST_{name.upper()} is not set, Docker does not answer, and this machine lacks "
        f"{', '.join(absent)} ('make setup-test' gets them on Debian as root)"
    )
    raise _without(name, reason)


def tool(name: str) -> None:
    """For a test that runs the program `name`: where that is absent, the test skips, or fails where it is demanded."""
    if shutil.which(name) is None:
        raise _without(name, f"{name} is not on this machine")


def _without(name: str, reason: str) -> BaseException:
    return pytest.fail.Exception(reason, pytrace=False) if _demanded(name) else pytest.skip.Exception(reason)


def _demanded(name: str) -> bool:
    return os.environ.get("CI") == "true" or name in os.environ.get("SEAWALL_TEST_REQUIRE", "").split()


@functools.cache
def _docker_answers() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    try:
        return subprocess.run([docker, "info"], capture_output=True, timeout=10, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
