"""The cases: every row of the table of faults, in every place and shape where it means something."""

from collections.abc import Callable, Iterator
from typing import Any

from simulator import (
    Anywhere,
    Behaviour,
    ContentFilter,
    ContextLength,
    Cut,
    ErrorBody,
    ErrorEvent,
    ErrorStatus,
    Every,
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
from tests.conformance.case import (
    ALPHA,
    BETA,
    GONE,
    LONE,
    NO_PREFILL,
    TWO,
    Asked,
    Case,
    Joined,
    Place,
    Refused,
    Shape,
    Target,
    Whole,
)

STREAM, WHOLE = Shape.STREAM, Shape.WHOLE
BEFORE, MIDDLE, END = Place.BEFORE, Place.MIDDLE, Place.END
A, B = Whole("alpha"), Whole("beta")


def faulty(*faults: Fault, **more: Any) -> Behaviour:
    """A vendor that meets these faults."""
    return Behaviour(faults=faults, **more)


def both(row: str, fault: str, alpha: Behaviour, expected: Any, calls: Any, **more: Any) -> Iterator[Case]:
    """A fault that comes instead of an answer: for streams and whole answers, alike."""
    for shape in Shape:
        yield Case(row, fault, shape, expected, calls, alpha=alpha, **more)


def _rate_limits() -> Iterator[Case]:
    row = "429 with Retry-After"
    told = faulty(ErrorStatus(status=429, retry_after=30))
    once = faulty(ErrorStatus(status=429, retry_after=1, next_calls=1))
    refused = Refused("vendor_rate_limited", 429, retry_after=True)
    ledger = ("first vendor_rate_limited", "fallback")
    yield from both(row, "a second target", told, B, (1, 1), ledger=ledger)
    yield from both(row, "it rests for the next request", told, B, (0, 1), earlier=1, ledger=("first",))
    ledger = ("first vendor_rate_limited", "retry")
    yield from both(row, "one target, in time", once, A, (2, 0), targets=LONE, apart=1.0, ledger=ledger)
    yield from both(row, "one target, too late", told, refused, (1, 0), targets=LONE, timeout=25, within=20)
    yield from both(
        row, "one target, still resting", told, refused, (0, 0), targets=LONE, timeout=25, earlier=1, within=20
    )
    row = "429 without, for ever"
    silent = faulty(ErrorStatus(status=429))
    yield from both(row, "a second target", silent, B, (1, 1))
    yield from both(row, "one target", silent, refused, (range(2, 7), 0), targets=LONE)
    yield from both(row, "both targets", silent, refused, (range(1, 7), range(1, 7)), beta=silent)


def _server_errors() -> Iterator[Case]:
    row = "500 once"
    once, ever = faulty(ErrorStatus(status=500, next_calls=1)), faulty(ErrorStatus(status=500))
    yield from both(row, "once", once, A, (2, 0), ledger=("first vendor_error", "retry"))
    yield from both(row, "for ever", ever, B, (2, 1), ledger=("first vendor_error", "retry vendor_error", "fallback"))
    yield from both(row, "for ever, one target", ever, Refused("vendor_error", 502), (2, 0), targets=LONE)
    row = "503 for ever"
    busy = faulty(ErrorStatus(status=503))
    overloaded = Refused("vendor_overloaded", 503)
    yield from both(row, "a second target", busy, B, (1, 1), ledger=("first vendor_overloaded", "fallback"))
    yield from both(row, "529", faulty(ErrorStatus(status=529)), B, (1, 1))
    yield from both(row, "both targets", busy, overloaded, (1, range(1, 3)), beta=busy)
    yield from both(row, "one target", busy, overloaded, (2, 0), targets=LONE)
    yield from both(row, "then 500", busy, overloaded, (1, 2), beta=ever)


def _no_connection() -> Iterator[Case]:
    row = "reset or refused before headers"
    yield from both(row, "reset once", faulty(Reset(next_calls=1)), A, (2, 0))
    twice = ("first vendor_connection_lost", "retry vendor_connection_lost", "fallback")
    yield from both(row, "reset for ever", faulty(Reset()), B, (2, 1), ledger=twice)
    lost = Refused("vendor_connection_lost", 502)
    yield from both(row, "reset for ever, one target", faulty(Reset()), lost, (2, 0), targets=LONE)
    ledger = ("first vendor_unreachable", "fallback")
    yield from both(row, "refused", Behaviour(), B, (0, 1), targets=(GONE, BETA), ledger=ledger)
    unreachable = Refused("vendor_unreachable", 502)
    yield from both(row, "refused, one target", Behaviour(), unreachable, (0, 0), targets=(GONE,))


def _silence() -> Iterator[Case]:
    row = "accepts, then silence"
    hang = faulty(Hang())
    late = {STREAM: "vendor_first_token_timeout", WHOLE: "vendor_timeout"}
    for shape in Shape:
        limit = (f"first {late[shape]}", "fallback")
        yield Case(row, "learned limit", shape, B, (1, 1), alpha=hang, warm=True, ledger=limit)
        yield Case(row, "nothing learned yet", shape, B, (1, 1), alpha=hang, timeout=6)
        gone = Refused(late[shape], 504)
        yield Case(row, "one target", shape, gone, (1, 0), alpha=hang, targets=LONE, timeout=1)
    row = "headers at once, first token late"
    slow = faulty(SlowFirstToken())
    for shape in Shape:
        limit = (f"first {late[shape]}", "fallback")
        yield Case(row, "learned limit", shape, B, (1, 1), alpha=slow, warm=True, ledger=limit)
        yield Case(row, "nothing learned yet", shape, B, (1, 1), alpha=slow, timeout=6)


def _endings() -> Iterator[Case]:
    row = "cut, EOF without finish reason, error event"
    faults: tuple[tuple[str, Callable[[int], Fault], str], ...] = (
        ("connection closed", lambda at: Cut(after_chunks=at, how="closed"), "vendor_stream_cut"),
        ("body ended", lambda at: Cut(after_chunks=at, how="ended"), "vendor_stream_cut"),
        ("error event", lambda at: ErrorEvent(after_chunks=at), "vendor_error"),
    )
    for name, make, code in faults:
        yield from _broken(row, name, make, code)
    once = faulty(Cut(after_chunks=5, next_calls=1))
    yield Case(row, "once, one target", STREAM, Joined("alpha"), (2, 0), MIDDLE, alpha=once, targets=LONE)
    yield Case(row, "DONE without finish reason", STREAM, Joined("beta"), (1, 1), END, alpha=faulty(NoFinish()))
    for (name, make, _), lost, calls in (
        (faults[0], "vendor_connection_lost", (2, 1)),
        (faults[1], "vendor_malformed", (1, 1)),
    ):
        yield Case(row, name, WHOLE, B, calls, MIDDLE, alpha=faulty(make(1)))
        refused = Refused(lost, 502)
        yield Case(row, f"{name}, one target", WHOLE, refused, (2, 0), MIDDLE, alpha=faulty(make(1)), targets=LONE)
    row = "stall"
    yield from _broken(row, "idle limit", lambda at: Stall(after_chunks=at), "vendor_stream_stalled", warm=True)
    yield Case(row, "idle limit", WHOLE, B, (1, 1), MIDDLE, alpha=faulty(Stall()), warm=True)
    stated = {"idle_timeout": "500ms"}
    stalls = faulty(Stall(after_chunks=5))
    yield Case(row, "stated limit", STREAM, Joined("beta"), (1, 1), MIDDLE, alpha=stalls, within=20, policy=stated)


def _broken(row: str, fault: str, make: Callable[[int], Fault], code: str, **more: Any) -> Iterator[Case]:
    """A stream that breaks off: before its first token, in the middle, and after the last."""
    before = {"vendor_error": (2, 1)}.get(code, (1, 1))
    yield Case(row, fault, STREAM, B, before, BEFORE, alpha=faulty(make(0)), **more)
    unable = (Target("alpha", capabilities=NO_PREFILL),)
    status = 504 if code == "vendor_stream_stalled" else 502
    for place in (MIDDLE, END):
        alpha = faulty(make(place.chunks))
        ledger = (f"first {code}", "continuation")
        yield Case(row, fault, STREAM, Joined("beta"), (1, 1), place, alpha=alpha, ledger=ledger, **more)
        refused = Refused(code, status)
        yield Case(row, f"{fault}, none to go on", STREAM, refused, (1, 0), place, alpha=alpha, targets=unable, **more)
        for asked in (Asked.TOOL, Asked.SCHEMA):
            yield Case(row, f"{fault}, {asked}", STREAM, refused, (1, 0), place, alpha=alpha, asked=asked, **more)
        off = {"continuation": "error"}
        yield Case(row, f"{fault}, unwanted", STREAM, refused, (1, 0), place, alpha=alpha, policy=off, **more)


def _garbage() -> Iterator[Case]:
    row = "malformed event, invalid UTF-8, split anywhere"
    faults: tuple[tuple[str, Callable[[int], Fault]], ...] = (
        ("broken JSON", lambda at: Malformed(after_chunks=at)),
        ("invalid UTF-8", lambda at: InvalidUtf8(after_chunks=at)),
    )
    for name, make in faults:
        yield Case(row, name, STREAM, B, (1, 1), BEFORE, alpha=faulty(make(0)))
        yield Case(row, name, STREAM, Joined("beta"), (1, 1), MIDDLE, alpha=faulty(make(5)))
        yield Case(row, name, WHOLE, B, (1, 1), MIDDLE, alpha=faulty(make(1)))
        refused = Refused("vendor_malformed", 502)
        yield Case(row, f"{name}, one target", WHOLE, refused, (2, 0), MIDDLE, alpha=faulty(make(1)), targets=LONE)
    yield Case(row, "broken JSON", STREAM, Joined("beta"), (1, 1), END, alpha=faulty(Malformed(after_chunks=16)))
    yield Case(row, "comments", STREAM, A, (1, 0), MIDDLE, alpha=faulty(GarbageEvent(what="comments")))
    yield from both(row, "a web page", faulty(GarbageEvent(what="html")), B, (1, 1))
    types = faulty(GarbageEvent(what="types", after_chunks=5))
    yield Case(row, "other types", STREAM, Joined("beta"), (1, 1), MIDDLE, alpha=types)
    yield Case(row, "other types", WHOLE, B, (1, 1), MIDDLE, alpha=types)
    yield from both(row, "split at every byte", faulty(split=Every(bytes=1)), A, (1, 0))
    yield from both(row, "split anywhere", faulty(split=Anywhere()), A, (1, 0))
    split = faulty(Cut(after_chunks=5), split=Every(bytes=1))
    yield Case(row, "split at every byte, and cut", STREAM, Joined("beta"), (1, 1), MIDDLE, alpha=split)


def _no_end_mark() -> Iterator[Case]:
    row = "no DONE after a finish reason"
    for how in ("open", "ended"):
        alpha = Behaviour.model_validate({"faults": [NoDone.model_validate({"how": how})]})
        yield Case(row, how, STREAM, A, (1, 0), END, alpha=alpha, within=20)


def _the_request() -> Iterator[Case]:
    row = "context length exceeded"
    full, refused = faulty(ContextLength()), Refused("context_length_exceeded", 400, says="maximum context length")
    small, large = ({"context_window": tokens} for tokens in (8_000, 128_000))
    sizes = (Target("alpha", capabilities=small), Target("beta", capabilities=large))
    yield from both(row, "one target", full, refused, (1, 0), targets=LONE)
    yield from both(row, "none larger", full, refused, (1, 0))
    ledger = ("first context_length_exceeded", "fallback")
    yield from both(row, "a larger target", full, B, (1, 1), targets=sizes, ledger=ledger)
    named = {
        "fallbacks": [{"reason": "context_length_exceeded", "targets": [{"provider": "beta", "model": "{model}"}]}]
    }
    yield from both(row, "a stated target", full, B, (1, 1), targets=LONE, policy=named)
    row = "content filter"
    filtered = faulty(ContentFilter())
    refused = Refused("content_filtered", 400, says="content management policy")
    yield from both(row, "prompt refused", filtered, refused, (1, 0), ledger=("first content_filtered",))
    named = {"fallbacks": [{"reason": "content_filtered", "targets": [{"provider": "beta", "model": "{model}"}]}]}
    yield from both(row, "a stated target", filtered, B, (1, 1), policy=named)
    ended = Whole("alpha", "content_filter", 5)
    for shape in Shape:
        alpha = faulty(Filtered(after_chunks=5))
        yield Case(row, "answer ended by it", shape, ended, (1, 0), MIDDLE, alpha=alpha)


def _prefill() -> Iterator[Case]:
    row = "continuation target refuses an assistant prefill"
    cut, refuses = faulty(Cut(after_chunks=5, next_calls=1), RefusesPrefill()), faulty(RefusesPrefill())
    third = Target("alpha", suffix="-third")
    original = Refused("vendor_stream_cut", 502)
    yield Case(row, "no other", STREAM, original, (2, 1), MIDDLE, alpha=cut, beta=refuses)
    joined = Joined("alpha", "-third")
    yield Case(row, "a third goes on", STREAM, joined, (2, 1), MIDDLE, alpha=cut, beta=refuses, targets=(*TWO, third))
    known = (ALPHA, Target("beta", capabilities=NO_PREFILL), third)
    yield Case(row, "known not to", STREAM, joined, (2, 0), MIDDLE, alpha=cut, targets=known)
    repeats = faulty(prefill="repeats")
    yield Case(row, "it repeats what was said", STREAM, Joined("beta"), (1, 1), MIDDLE, alpha=cut, beta=repeats)


def _credentials() -> Iterator[Case]:
    row = "401/403 from the vendor"
    two, one = Target("alpha", keys=2), Target("alpha", keys=1)
    for status in (401, 403):
        once, ever = faulty(ErrorStatus(status=status, next_calls=1)), faulty(ErrorStatus(status=status))
        yield from both(row, f"{status}, another key", once, A, (2, 0), targets=(two, BETA), ledger=("first",))
        ledger = ("first vendor_authentication", "fallback")
        yield from both(row, f"{status}, every key", ever, B, (2, 1), targets=(two, BETA), ledger=ledger)
    refused = Refused("vendor_authentication", 502)
    yield from both(row, "401, one target", faulty(ErrorStatus(status=401)), refused, (1, 0), targets=(one,))


def _bodies() -> Iterator[Case]:
    row = "200 with an error body, gzip, a 20 MB body"
    yield from both(row, "error body", faulty(ErrorBody()), B, (2, 1))
    busy = ErrorBody(code="rate_limit_exceeded", message="Slow down.")
    yield from both(row, "error body: rate limit", faulty(busy), B, (1, 1))
    for kind in ("accepted", "always"):
        yield from both(row, f"gzip, {kind}", Behaviour.model_validate({"gzip": kind}), A, (1, 0))
    yield Case(
        row, "gzip, cut", STREAM, Joined("beta"), (1, 1), MIDDLE, alpha=faulty(Cut(after_chunks=5), gzip="always")
    )
    yield from both(row, "over the limit", faulty(HugeBody(after_chunks=0, bytes=30_000_000)), B, (1, 1))
    huge = faulty(HugeBody(after_chunks=5))
    yield Case(row, "20 MB event", STREAM, Joined("beta"), (1, 1), MIDDLE, alpha=huge)


CASES: tuple[Case, ...] = (
    *_rate_limits(),
    *_server_errors(),
    *_no_connection(),
    *_silence(),
    *_endings(),
    *_garbage(),
    *_no_end_mark(),
    *_the_request(),
    *_prefill(),
    *_credentials(),
    *_bodies(),
)
