"""AI vendors that misbehave on request, over real HTTP; for demos, tests and benches."""

from simulator.access import Access
from simulator.behaviour import Behaviour
from simulator.faults import (
    ContentFilter,
    ContextLength,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Fault,
    Filtered,
    GarbageEvent,
    Hang,
    HugeBody,
    InvalidUtf8,
    Malformed,
    NoDone,
    NoFinish,
    RefusesPrefill,
    Reset,
    SlowFirstToken,
    Stall,
)
from simulator.latency import Constant, Latency, Lognormal, Uniform
from simulator.recorder import Call
from simulator.scripts import Script, Step, random_script
from simulator.simulator import Simulator
from simulator.splits import Anywhere, At, Every, Split
from simulator.vendor import DialectName, Vendor, VendorSpec

__all__ = [
    "Access",
    "Anywhere",
    "At",
    "Behaviour",
    "Call",
    "Constant",
    "ContentFilter",
    "ContextLength",
    "Cut",
    "DialectName",
    "ErrorBody",
    "ErrorEvent",
    "ErrorStatus",
    "Every",
    "Fault",
    "Filtered",
    "GarbageEvent",
    "Hang",
    "HugeBody",
    "InvalidUtf8",
    "Latency",
    "Lognormal",
    "Malformed",
    "NoDone",
    "NoFinish",
    "RefusesPrefill",
    "Reset",
    "Script",
    "Simulator",
    "SlowFirstToken",
    "Split",
    "Stall",
    "Step",
    "Uniform",
    "Vendor",
    "VendorSpec",
    "random_script",
]
