"""`python -m services.providers [--workers N]`."""

import chassis.slim  # noqa: F401 - before all else
from chassis.workers.supervisor import supervise
from services.providers.settings import Settings

if __name__ == "__main__":
    supervise("providers", Settings)

    # Here, for the process that keeps workers needs nothing of it.
    from chassis.lifecycle import run
    from services.providers.bootstrap import build

    run("providers", Settings, build)
