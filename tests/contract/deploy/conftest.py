"""The overlays as Kustomize renders them, once for the session."""

import copy
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.contract.deploy.objects import Object

ROOT = Path(__file__).parents[3]
OVERLAYS = ("dev", "prod")

Render = Callable[[str], list[Object]]


@pytest.fixture(scope="session")
def rendered() -> Render:
    """The objects of an overlay; a copy, which a test may change."""

    @cache
    def render(overlay: str) -> list[Object]:
        command = [str(ROOT / "deploy/dev/kustomize.sh"), str(ROOT / "deploy/k8s/overlays" / overlay)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return [document for document in yaml.safe_load_all(done.stdout) if document]

    return lambda overlay: copy.deepcopy(render(overlay))
