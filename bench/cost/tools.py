"""Programs that the bench needs beside Python."""

import shutil
import sys

_PACKAGES = {"nginx": "nginx-light", "cc": "gcc libc6-dev", "redis-server": "redis-server"}
_FURTHER = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where servers are, which is not on everybody's path."""


def found(program: str) -> str:
    """Where a program is; empty where it is not."""
    return shutil.which(program) or shutil.which(program, path=_FURTHER) or ""


def required(program: str) -> str:
    """Where a program is. Ends the bench where it is not."""
    return found(program) or sys.exit(f"The bench needs {program}: {how_to_get(program)}")


def how_to_get(program: str) -> str:
    """A command that installs it."""
    return f"apt-get install {_PACKAGES[program]}"
