"""Runs the config service."""

import chassis.slim  # noqa: F401 - before all else
from chassis.lifecycle import run
from services.config.bootstrap import build
from services.config.settings import Settings

if __name__ == "__main__":
    run("config", Settings, build)
