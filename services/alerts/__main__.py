"""Runs the service."""

import chassis.slim  # noqa: F401 - before all else
from chassis.lifecycle import run
from services.alerts.bootstrap import build
from services.alerts.settings import Settings

if __name__ == "__main__":
    run("alerts", Settings, build)
