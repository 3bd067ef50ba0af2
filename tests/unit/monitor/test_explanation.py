"""What is told of a request, sentence by sentence."""

from datetime import timedelta
from typing import Any

import pytest

from events.base import Money, Tokens
from events.requests import Attempt, Cache, Cause, Outcome, PlannedTarget
from resilience.errors import Reason
from services.monitor.domain.explanation import explain
from services.monitor.domain.ledger import Detail, Entry
from services.monitor.domain.words import WHY, span, tokens_told
from tests.unit.monitor.facts import START, attempt

USED: dict[str, Any] = {"tokens": Tokens(input=12, output=3), "cost": Money(amount="0.0005")}


def tried(number: int, target: str, cause: Cause | None, after: int = 0, **changes: Any) -> Attempt:
    """Attempt `number`, begun `after` milliseconds after the request."""
    return attempt(target, number=number, started_at=START + timedelta(milliseconds=after), cause=cause, **changes)


def told(*attempts: Attempt, plan: tuple[PlannedTarget, ...] = (), **changes: Any) -> list[str]:
    given: dict[str, Any] = {
        "organization": "acme",
        "request_id": "r",
        "project": "shop",
        "key": "ci",
        "model": "chat",
        "stream": True,
        "started_at": START,
        "duration": timedelta(milliseconds=1250),
        "first_token": timedelta(milliseconds=300),
        "outcome": Outcome.SUCCEEDED,
        "reason": None,
        "target": "b/m",
        "tokens": Tokens(input=24, output=6),
        "cost_nanos": 1_000_000,
        "trace_id": "",
        "criticality": "",
        "cache": None,
        "continued_at": None,
        "degraded": "",
        "operation": "chat",
    }
    return list(explain(Detail(Entry(**{**given, **changes}), plan, attempts)))


def test_a_fallback_is_told_from_plan_to_bill() -> None:
    plan = (
        PlannedTarget(target="c/m", position=0, explanation="it cannot see images"),
        PlannedTarget(target="b/m", position=2, explanation="target 2 of the route"),
        PlannedTarget(target="a/m", position=1, explanation="target 1 of the route."),
    )
    failed: dict[str, Any] = {
        "outcome": Outcome.FAILED,
        "reason": Reason.VENDOR_OVERLOADED,
        "vendor_status": 503,
        "duration_ms": 12.0,
    }
    assert told(
        tried(1, "a/m", Cause.FIRST, **failed),
        tried(2, "b/m", Cause.FALLBACK, 14, duration_ms=900.0, first_token_ms=280.0, **USED),
        plan=plan,
        criticality="critical",
    ) == [
        "Project shop, key ci, asked chat for a streamed answer at 2026-03-01 12:00:00 UTC. It counted as critical.",
        "a/m was to be asked first: target 1 of the route.",
        "b/m was to be asked second: target 2 of the route.",
        "c/m was left out: it cannot see images.",
        (
            "Attempt 1 asked a/m; it failed after 12 ms: "
            "the vendor said that it is overloaded (vendor_overloaded, HTTP 503)."
        ),
        (
            "Attempt 2, 14 ms after the start, went on to the next target, b/m; "
            "it answered in 900 ms, with its first token after 280 ms, using 12 tokens in and 3 out, for $0.0005."
        ),
        "The request was answered by b/m in 1.25 s, with the first token after 300 ms.",
        "In all it took 2 attempts and 24 tokens in and 6 out; it cost $0.001.",
    ]


def test_the_loser_of_a_hedge_is_told_with_its_estimated_bill() -> None:
    sentences = told(
        tried(
            1,
            "a/m",
            Cause.FIRST,
            duration_ms=600.0,
            outcome=Outcome.CANCELLED,
            reason=Reason.CANCELLED,
            tokens_estimated=True,
            **USED,
        ),
        tried(2, "b/m", Cause.HEDGE, 250, duration_ms=350.0),
    )
    assert sentences[1:3] == [
        (
            "Attempt 1 asked a/m; it was cancelled after 600 ms, "
            "using 12 tokens in and 3 out (estimated, for the vendor did not tell), for $0.0005: attempt 2 won."
        ),
        "Attempt 2, 250 ms after the start, asked b/m beside attempt 1, which was slow; it answered in 350 ms.",
    ]
    assert sentences[-1] == "In all it took 2 attempts and 24 tokens in and 6 out, in part estimated; it cost $0.001."


@pytest.mark.parametrize(
    ("cause", "part"),
    [
        (None, "Attempt 2, 40 ms after the start, asked b/m; it answered"),
        (Cause.RETRY, "asked b/m again"),
        (Cause.CONTINUATION, "had b/m go on with the answer, which had broken off after 132 characters"),
        (Cause.DEGRADATION, "asked b/m, a smaller model, for no target of the route had answered"),
        (Cause.SHADOW, "sent a copy to b/m, whose answer nobody sees"),
    ],
)
def test_what_was_decided_is_told_with_its_cause(cause: Cause | None, part: str) -> None:
    cut = tried(1, "a/m", Cause.FIRST, outcome=Outcome.FAILED, reason=Reason.VENDOR_STREAM_CUT)
    assert part in told(cut, tried(2, "b/m", cause, 40), continued_at=132)[2]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"cache": Cache.EXACT},
            "The answer came from the cache, of an identical request before; no target was asked.",
        ),
        (
            {"cache": Cache.SHARED},
            "The answer is that of an identical request that was under way; no target was asked for this one.",
        ),
        (
            {"cache": Cache.STALE, "degraded": "stale_answer"},
            "No target of the route answered, so an answer from the cache was given, past its time.",
        ),
        ({"degraded": "smaller_model"}, "No target of the route answered, so a smaller model was asked."),
        (
            {"degraded": "static_answer"},
            "No target of the route answered, so the answer that the route has for this was given.",
        ),
    ],
)
def test_what_stood_in_for_an_answer_is_told(changes: dict[str, Any], sentence: str) -> None:
    assert told(target="", **changes)[1:] == [
        sentence,
        "The request was answered in 1.25 s, with the first token after 300 ms.",
        "In all it took 0 attempts and 24 tokens in and 6 out; it cost $0.001.",
    ]


def test_a_caller_that_left_cancelled_the_attempt() -> None:
    left = tried(1, "a/m", Cause.FIRST, outcome=Outcome.CANCELLED, reason=Reason.CANCELLED)
    sentences = told(left, outcome=Outcome.CANCELLED, reason=Reason.CANCELLED, first_token=None, cost_nanos=None)
    assert sentences[1].endswith("was cancelled after 100 ms: the caller left.")
    assert sentences[-2] == "The request ended after 1.25 s, before its answer did: the caller left (cancelled)."
    assert sentences[-1].endswith("part of its cost is not known.")


def test_a_copy_that_answered_did_not_win() -> None:
    cancelled = tried(1, "a/m", Cause.FIRST, outcome=Outcome.CANCELLED, reason=Reason.DEADLINE_EXCEEDED)
    assert "the time allowed ran out" in told(cancelled, tried(2, "s/m", Cause.SHADOW))[1]


def test_a_refused_request_has_its_reason() -> None:
    sentences = told(outcome=Outcome.FAILED, reason=Reason.CONTENT_FILTERED, target="", first_token=None)
    assert sentences[-2] == "The request failed after 1.25 s: the vendor's content filter refused (content_filtered)."


def test_every_reason_has_words() -> None:
    assert set(WHY) == set(Reason)
    assert len(set(WHY.values())) == len(Reason)


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0.42, "0.4 ms"), (9.96, "10.0 ms"), (312.4, "312 ms"), (1250.0, "1.25 s"), (125_000.0, "2 min 5 s")],
)
def test_a_span_is_as_exact_as_it_is_short(milliseconds: float, text: str) -> None:
    assert span(milliseconds) == text


def test_tokens_name_their_parts() -> None:
    assert (
        tokens_told(Tokens(input=1, output=40, cached_input=1, reasoning=7))
        == "1 token in (1 of them cached) and 40 out (7 of them for reasoning)"
    )
    assert (
        tokens_told(Tokens(input=9, output=4, cached_input=2, cache_write=6))
        == "9 tokens in (2 of them cached and 6 of them put into the cache) and 4 out"
    )
