"""The closed set of ways in which a simulated vendor fails a call.

A fault is a value: it says what goes wrong and for which calls. `simulator.delivery` performs it. To add one, add a
class to `refusals`, `damages` or `endings`, name it in its union below, and add its case in `simulator.delivery`; mypy
points at the missing case.
"""

from typing import Annotated

from pydantic import Field

from simulator.faults.aim import Aimed, Complaint
from simulator.faults.damages import Filtered, GarbageEvent, HugeBody, InvalidUtf8, Malformed, SlowFirstToken
from simulator.faults.endings import Cut, ErrorEvent, NoDone, NoFinish, Stall
from simulator.faults.refusals import ContentFilter, ContextLength, ErrorBody, ErrorStatus, Hang, RefusesPrefill, Reset

Refusal = ErrorStatus | ErrorBody | ContextLength | ContentFilter | RefusesPrefill | Reset | Hang
Damage = SlowFirstToken | Malformed | InvalidUtf8 | HugeBody | GarbageEvent | Filtered
Ending = Cut | Stall | ErrorEvent | NoDone | NoFinish
Fault = Annotated[Refusal | Damage | Ending, Field(discriminator="kind")]

__all__ = [
    "Aimed",
    "Complaint",
    "ContentFilter",
    "ContextLength",
    "Cut",
    "Damage",
    "Ending",
    "ErrorBody",
    "ErrorEvent",
    "ErrorStatus",
    "Fault",
    "Filtered",
    "GarbageEvent",
    "Hang",
    "HugeBody",
    "InvalidUtf8",
    "Malformed",
    "NoDone",
    "NoFinish",
    "Refusal",
    "RefusesPrefill",
    "Reset",
    "SlowFirstToken",
    "Stall",
]
