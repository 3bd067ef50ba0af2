"""Finished requests, as monitor's ledger has them: a little after they were answered."""

import time

from cli.door import OWN, Door
from cli.problem import Problem
from resilience.errors import Reason
from seawall.monitor.v1 import monitor_pb2

SERVICE = "seawall.monitor.v1.MonitorService"
POLL = 0.2
"""Seconds."""


def find_request(door: Door, request_id: str, *, patience: float) -> monitor_pb2.Request | None:
    """The request, once it is there; None where it is not after `patience` seconds. Raises Problem for the rest."""
    deadline = time.monotonic() + patience
    ask = monitor_pb2.GetRequestRequest(name=f"{OWN}/requests/{request_id}")
    while True:
        try:
            return door.call(f"{SERVICE}/GetRequest", ask, monitor_pb2.GetRequestResponse).request
        except Problem as problem:
            if problem.code != Reason.NOT_FOUND:
                raise
        if time.monotonic() >= deadline:
            return None
        time.sleep(POLL)
