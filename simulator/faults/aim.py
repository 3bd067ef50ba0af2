"""Which calls a fault meets, and what its error says."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Chunks = Annotated[int, Field(ge=0)]
# Printable text only: these end in HTTP headers and JSON, and must not split either.
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")]


class Aimed(BaseModel):
    """Which calls a fault meets: a drawn `share` of them (all, if nothing is said), or exactly the `next_calls`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream_only: ClassVar[bool] = False
    prefix_only: ClassVar[bool] = False

    share: Share = 1.0
    next_calls: Annotated[int, Field(ge=1)] | None = None

    def can_meet(self, *, stream: bool, prefix: bool) -> bool:
        """Whether this fault exists for such a call: a stream or not, with the beginning of an answer or not."""
        return (stream or not self.stream_only) and (prefix or not self.prefix_only)

    @model_validator(mode="after")
    def _one_aim(self) -> Self:
        if self.next_calls is not None and self.share != 1:
            raise ValueError("give share or next_calls, not both")
        return self


class Complaint(Aimed):
    """An error in the vendor's own words; what is left out is what the vendor says for such a fault or status."""

    code: Word | None = None
    type: Word | None = None
    message: Word | None = None
    param: Word | None = None
