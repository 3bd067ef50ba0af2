"""What a server holds its callers to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Wait(StrEnum):
    """What a caller is waited for."""

    NOTHING = "nothing"
    HEAD = "head"
    BODY = "body"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, and seconds, which are counted in steps of `step`."""

    header_bytes: int = 64 * 1024
    """Of a request's target and headers; also of what may stand around the parts of a body in chunked encoding."""
    header_timeout: float = 10.0
    """From a request's first byte, or from the connection's start, to the end of the headers."""
    body_timeout: float = 30.0
    """For a body to arrive whole, the times left out in which the application takes none of it."""
    idle_timeout: float = 75.0
    """From an answer's end to the next request."""
    stall_timeout: float = 60.0
    """For a caller to take anything at all of what was sent."""
    read_ahead: int = 512 * 1024
    """Bytes of a body that are read before the application takes any."""
    connection_age: float = 300.0
    """After which an answer says that it is the connection's last, so that callers come to new processes, too."""
    step: float = 1.0

    def waits(self) -> Mapping[Wait, float]:
        """Seconds for each."""
        return {
            Wait.NOTHING: math.inf,
            Wait.HEAD: self.header_timeout,
            Wait.BODY: self.body_timeout,
            Wait.REQUEST: self.idle_timeout,
        }
