"""`python -m services.gateway`."""

import chassis.slim  # noqa: F401 - before all else
from chassis.lifecycle import run
from services.gateway.bootstrap import build
from services.gateway.settings import Settings

if __name__ == "__main__":
    run("gateway", Settings, build)
