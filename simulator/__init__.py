"""AI vendors that misbehave on request, over real HTTP; for demos, tests and benches."""

from simulator.behaviour import Behaviour
from simulator.faults import (
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Fault,
    Hang,
    Malformed,
    Reset,
    SlowFirstToken,
    Stall,
)
from simulator.latency import Constant, Latency, Lognormal, Uniform
from simulator.recorder import Call
from simulator.simulator import Simulator
from simulator.vendor import Access, Vendor, VendorSpec

__all__ = [
    "Access",
    "Behaviour",
    "Call",
    "Constant",
    "Cut",
    "ErrorBody",
    "ErrorEvent",
    "ErrorStatus",
    "Fault",
    "Hang",
    "Latency",
    "Lognormal",
    "Malformed",
    "Reset",
    "Simulator",
    "SlowFirstToken",
    "Stall",
    "Uniform",
    "Vendor",
    "VendorSpec",
]
