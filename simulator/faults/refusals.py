"""Faults that come instead of an answer."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from simulator.faults.aim import Aimed, Complaint


class ErrorStatus(Complaint):
    """An HTTP error instead of an answer; `retry_after` in seconds adds the header."""

    kind: Literal["error"] = "error"
    status: Annotated[int, Field(ge=400, le=599)]
    retry_after: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] | None = None


class ErrorBody(Complaint):
    """Status 200 with the body of an error, for plain and streaming calls alike."""

    kind: Literal["error_body_200"] = "error_body_200"


class ContextLength(Complaint):
    """Status 400: the prompt is longer than the model can take, whatever its length is."""

    kind: Literal["context_length"] = "context_length"


class ContentFilter(Complaint):
    """Status 400: the vendor's policy on content refuses the prompt."""

    kind: Literal["content_filter"] = "content_filter"


class RefusesPrefill(Complaint):
    """Status 400 for a request that ends with the beginning of an answer; other calls do not meet it."""

    prefix_only: ClassVar[bool] = True

    kind: Literal["refuses_prefill"] = "refuses_prefill"


class Reset(Aimed):
    """The connection is reset (TCP RST) before any header."""

    kind: Literal["reset"] = "reset"


class Hang(Aimed):
    """The request is taken, and nothing ever comes back."""

    kind: Literal["hang"] = "hang"
