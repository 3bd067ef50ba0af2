"""Faults of what an answer is made of; it ends as it should."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulator.faults.aim import Aimed, Chunks
from simulator.latency import Constant, Latency

MAX_HUGE_BYTES = 1_000_000_000


class SlowFirstToken(Aimed):
    """The headers come at once, the first text (or the plain body) late."""

    kind: Literal["slow_first_token"] = "slow_first_token"
    delay: Latency = Constant(seconds=30)


class Malformed(Aimed):
    """One event of the stream is broken JSON and the rest goes on; a plain answer's whole body is broken JSON."""

    kind: Literal["malformed"] = "malformed"
    after_chunks: Chunks = 1


class InvalidUtf8(Aimed):
    """The text of the chunk after so many (at most the last), or of a plain answer, has bytes that no UTF-8 has."""

    kind: Literal["invalid_utf8"] = "invalid_utf8"
    after_chunks: Chunks = 1


class HugeBody(Aimed):
    """A chunk of a stream, or a plain answer, is longer by so many bytes of text; well-formed otherwise."""

    kind: Literal["huge_body"] = "huge_body"
    after_chunks: Chunks = 1
    bytes: Annotated[int, Field(ge=1, le=MAX_HUGE_BYTES)] = 20_000_000


class GarbageEvent(Aimed):
    """Something that is no answer, with status 200.

    `html`: a web page instead of the response. `comments`: so many comments in the stream (empty lines before a plain
    answer), as vendors under load send them to keep a connection; the answer is whole. `types`: one event, or the
    plain body, is JSON whose fields have the wrong types; a stream goes on after it.
    """

    kind: Literal["garbage_event"] = "garbage_event"
    what: Literal["html", "comments", "types"] = "html"
    after_chunks: Chunks = 1
    comments: Annotated[int, Field(ge=1, le=1_000_000)] = 1000


class Filtered(Aimed):
    """The vendor's policy ends the answer after so many chunks of text, with the finish reason `content_filter`."""

    kind: Literal["filtered"] = "filtered"
    after_chunks: Chunks = 1
