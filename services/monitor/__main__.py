"""Runs monitor: `python -m services.monitor`."""

from chassis.lifecycle import run
from services.monitor.bootstrap import build
from services.monitor.settings import Settings

if __name__ == "__main__":
    run("monitor", Settings, build)
