"""What the Dockerfile makes, made without Docker: the paths it copies, the command it runs, an environment."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[3]
UV = ROOT / ".tools" / "bin" / "uv"
DEADLINE = 120
"""Seconds for one command."""


BUILD, RUN = 0, 1
"""The stages of the Dockerfile."""


def instructions(stage: int) -> list[str]:
    """The instructions of one of the Dockerfile's stages, one a line."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    _, *stages = re.split(r"^(?=FROM )", text, flags=re.MULTILINE)
    return [line for line in stages[stage].splitlines() if line and not line.startswith("#")]


def told() -> dict[str, str]:
    """What the image's environment says: name → value."""
    lines = [line.removeprefix("ENV ") for line in instructions(RUN) if line.startswith("ENV ")]
    return {name: value for line in lines for name, _, value in (part.partition("=") for part in line.split())}


def copied() -> list[str]:
    """The paths of the repository that the build copies, as the Dockerfile writes them."""
    return [path for line in instructions(BUILD) if line.startswith("COPY ") for path in line.split()[1:-1]]


def sync_command() -> str:
    """The command that installs the service and all that it needs: the last of the stage."""
    return [line.removeprefix("RUN ") for line in instructions(BUILD) if line.startswith("RUN ")][-1]


def sent(path: str) -> bool:
    """Whether `.dockerignore` lets `path` through to the build."""
    excluded = False
    for line in (ROOT / ".dockerignore").read_text().split():
        pattern = line.removeprefix("!")
        if fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(f"/{path}", f"/{pattern}"):
            excluded = not line.startswith("!")
    return not excluded


def copy_to(directory: Path) -> None:
    """Put into `directory` what the build has, and nothing else."""
    for path in copied():
        source = ROOT / path
        if source.is_dir():
            shutil.copytree(source, directory / path, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, directory / path)


class Image:
    """One service's environment, as its image has it."""

    def __init__(self, service: str, source: Path, environment: Path, extras: str = "") -> None:
        """`source`: what `copy_to` filled; `environment`: where the packages go; `extras`: the build's EXTRAS."""
        self.service = service
        self._environment = environment
        run(
            ["sh", "-euc", sync_command()],
            source,
            {
                "SERVICE": service,
                "EXTRAS": extras,
                "PATH": f"{UV.parent}{os.pathsep}{os.environ['PATH']}",
                "UV_PROJECT_ENVIRONMENT": str(environment),
                "UV_PYTHON": f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}",
                "UV_PYTHON_DOWNLOADS": "never",
                "UV_NO_PROGRESS": "1",
            },
        )

    def python(self, *arguments: str, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
        """What the image's interpreter prints: it sees the image's packages, and nothing of `cwd` or of this tree."""
        python = str(self._environment / "bin" / "python")
        return run([python, "-I", *arguments], cwd, environment or {}).strip()

    def distributions(self, cwd: Path) -> set[str]:
        """Names of the installed packages, in lower case with hyphens."""
        program = "from importlib.metadata import distributions as d; print(*(x.metadata['Name'] for x in d()))"
        return {re.sub(r"[-_.]+", "-", name).lower() for name in self.python("-c", program, cwd=cwd).split()}


def run(command: list[str], cwd: Path, environment: Mapping[str, str]) -> str:
    """What `command` prints; an AssertionError with what it said where it fails."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=inherited | dict(environment),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout
