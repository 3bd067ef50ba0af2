"""A request that gets no answer, in words that any dialect can put into its own shape."""

from __future__ import annotations

from simulator.faults import Complaint
from simulator.recorder import REJECTED


class RejectedError(Exception):
    """The response's status, and what it says; what a dialect's errors have no place for is left out of them.

    With a `complaint` instead of a message it says what the vendor always says of that. `outcome` is the call's.
    """

    def __init__(
        self,
        status: int,
        message: str = "",
        *,
        param: str | None = None,
        code: str | None = None,
        complaint: Complaint | None = None,
        outcome: str = REJECTED,
    ) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.complaint = complaint
        self.outcome = outcome


def bad_request(message: str, param: str | None = None, code: str | None = None) -> RejectedError:
    """The request is wrong."""
    return RejectedError(400, message, param=param, code=code)
