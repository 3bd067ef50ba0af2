"""Runs monitor: `python -m services.monitor`."""

import chassis.slim  # noqa: F401 - before all else
from chassis.lifecycle import run
from services.monitor.bootstrap import build
from services.monitor.settings import Settings

if __name__ == "__main__":
    run("monitor", Settings, build)
