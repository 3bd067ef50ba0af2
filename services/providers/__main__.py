"""Runs the providers service."""

import chassis.slim  # noqa: F401 - before all else
from chassis.lifecycle import run
from services.providers.bootstrap import build
from services.providers.settings import Settings

if __name__ == "__main__":
    run("providers", Settings, build)
