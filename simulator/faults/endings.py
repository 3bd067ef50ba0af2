"""Faults that keep an answer under way from ending as it should."""

from __future__ import annotations

from typing import ClassVar, Literal

from simulator.faults.aim import Aimed, Chunks, Complaint


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


class ErrorEvent(Complaint):
    """A stream carries an error event after so many chunks of text, and ends. Plain calls do not meet it."""

    stream_only: ClassVar[bool] = True

    kind: Literal["error_event"] = "error_event"
    after_chunks: Chunks = 1


class NoDone(Aimed):
    """A stream's finish reason and usage come, its end mark never. Plain calls do not meet it.

    `open`: the connection stays open and silent. `ended`: the HTTP body ends properly.
    """

    stream_only: ClassVar[bool] = True

    kind: Literal["no_done"] = "no_done"
    how: Literal["open", "ended"] = "open"


class NoFinish(Aimed):
    """A stream ends with its usage and its end mark, but without a finish reason. Plain calls do not meet it."""

    stream_only: ClassVar[bool] = True

    kind: Literal["no_finish"] = "no_finish"
