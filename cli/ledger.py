"""Finished requests, as monitor's ledger has them: a little after they were answered."""

import time
from typing import TypeVar

from google.protobuf.message import Message

from cli.door import OWN, Door
from cli.problem import Problem
from resilience.errors import Reason
from seawall.monitor.v1 import monitor_pb2

M = TypeVar("M", bound=Message)

SERVICE = "seawall.monitor.v1.MonitorService"
POLL = 0.2
"""Seconds."""


def find_request(door: Door, request_id: str, *, patience: float) -> monitor_pb2.Request | None:
    """The request, once it is there; None where it is not after `patience` seconds. Raises Problem for the rest."""
    ask = monitor_pb2.GetRequestRequest(name=_name(request_id))
    answer = _once_there(door, "GetRequest", ask, monitor_pb2.GetRequestResponse, patience)
    return answer.request if answer is not None else None


def explain_request(door: Door, request_id: str, *, patience: float) -> monitor_pb2.ExplainRequestResponse | None:
    """The request with what happened to it, in sentences; see `find_request`."""
    ask = monitor_pb2.ExplainRequestRequest(name=_name(request_id))
    return _once_there(door, "ExplainRequest", ask, monitor_pb2.ExplainRequestResponse, patience)


def absent(request_id: str) -> Problem:
    """What to tell where there is no such request."""
    return Problem(
        Reason.NOT_FOUND,
        f"The ledger has no request {request_id!r}.",
        hint="`seawall requests list` shows what it has; a request is there about two seconds after its end.",
    )


def _name(request_id: str) -> str:
    return f"{OWN}/requests/{request_id}"


def _once_there(door: Door, method: str, ask: Message, answer: type[M], patience: float) -> M | None:
    deadline = time.monotonic() + patience
    while True:
        try:
            return door.call(f"{SERVICE}/{method}", ask, answer)
        except Problem as problem:
            if problem.code != Reason.NOT_FOUND:
                raise
        if time.monotonic() >= deadline:
            return None
        time.sleep(POLL)
