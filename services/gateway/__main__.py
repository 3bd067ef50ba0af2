"""`python -m services.gateway [--workers N]`."""

import chassis.slim  # noqa: F401 - before all else
from chassis.workers.supervisor import supervise
from services.gateway.settings import Settings

if __name__ == "__main__":
    supervise("gateway", Settings)

    # Here, for the process that keeps workers needs nothing of it.
    from chassis.lifecycle import run
    from services.gateway.bootstrap import build

    run("gateway", Settings, build)
