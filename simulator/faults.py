"""The closed set of ways in which a simulated vendor fails a call.

A fault is a value: it says what goes wrong and for which calls. `simulator.delivery` performs it. To add one, add a
class here, name it in `Refusal` or `Damage`, and add its case in `simulator.delivery`; mypy points at the missing case.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulator.latency import Constant, Latency

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Chunks = Annotated[int, Field(ge=0)]
# Printable text only: these end in HTTP headers and JSON, and must not split either.
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")]


class Aimed(BaseModel):
    """Which calls a fault meets: a drawn `share` of them (all, if nothing is said), or exactly the `next_calls`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream_only: ClassVar[bool] = False

    share: Share = 1.0
    next_calls: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_aim(self) -> Self:
        if self.next_calls is not None and self.share != 1:
            raise ValueError("give share or next_calls, not both")
        return self


class Complaint(Aimed):
    """An error in the vendor's own words; what is left out is what the vendor says for such a status."""

    code: Word | None = None
    type: Word | None = None
    message: Word | None = None


class ErrorStatus(Complaint):
    """An HTTP error instead of an answer; `retry_after` in seconds adds the header."""

    kind: Literal["error"] = "error"
    status: Annotated[int, Field(ge=400, le=599)]
    retry_after: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] | None = None


class Reset(Aimed):
    """The connection is reset (TCP RST) before any header."""

    kind: Literal["reset"] = "reset"


class Hang(Aimed):
    """The request is taken, and nothing ever comes back."""

    kind: Literal["hang"] = "hang"


class Cut(Aimed):
    """The answer stops, without a finish reason, after so many chunks of text; a plain answer after half its body.

    `closed`: the connection closes inside the HTTP body. `ended`: the HTTP body ends properly, only too early.
    """

    kind: Literal["cut"] = "cut"
    after_chunks: Chunks = 1
    how: Literal["closed", "ended"] = "closed"


class Stall(Aimed):
    """The answer goes silent after so many chunks of text, the connection open; a plain answer after half its body."""

    kind: Literal["stall"] = "stall"
    after_chunks: Chunks = 1


class SlowFirstToken(Aimed):
    """The headers come at once, the first text (or the plain body) late."""

    kind: Literal["slow_first_token"] = "slow_first_token"
    delay: Latency = Constant(seconds=30)


class ErrorEvent(Complaint):
    """A stream carries an error event after so many chunks of text, and ends. Plain calls do not meet it."""

    stream_only: ClassVar[bool] = True

    kind: Literal["error_event"] = "error_event"
    after_chunks: Chunks = 1


class Malformed(Aimed):
    """One event of the stream is broken JSON and the rest goes on; a plain answer's whole body is broken JSON."""

    kind: Literal["malformed"] = "malformed"
    after_chunks: Chunks = 1


class ErrorBody(Complaint):
    """Status 200 with the body of an error, for plain and streaming calls alike."""

    kind: Literal["error_body_200"] = "error_body_200"


# What comes instead of an answer, and what happens to one under way.
Refusal = ErrorStatus | ErrorBody | Reset | Hang
Damage = SlowFirstToken | Cut | Stall | ErrorEvent | Malformed
Fault = Annotated[Refusal | Damage, Field(discriminator="kind")]
