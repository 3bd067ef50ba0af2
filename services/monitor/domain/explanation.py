"""What happened to one request, told to a person: why this target, what each attempt met, what it came to."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from events.requests import Attempt, Cache, Cause, Outcome, PlannedTarget
from services.monitor.domain.ledger import Detail, Entry
from services.monitor.domain.money import nanos_of, usd_of
from services.monitor.domain.statistics import ended_at
from services.monitor.domain.words import counted, reason_told, span, tokens_told

_FROM_CACHE = {
    Cache.EXACT: "The answer came from the cache, of an identical request before; no target was asked.",
    Cache.STALE: "The answer came from the cache, where it was past its time.",
    Cache.SHARED: "The answer is that of an identical request that was under way; no target was asked for this one.",
}
_DEGRADED = {
    "stale_answer": "an answer from the cache was given, past its time",
    "smaller_model": "a smaller model was asked",
    "static_answer": "the answer that the route has for this was given",
}
_DECIDED = {
    Cause.RETRY: "asked {target} again",
    Cause.FALLBACK: "went on to the next target, {target}",
    Cause.HEDGE: "asked {target} beside {slow}, which was slow",
    Cause.CONTINUATION: "had {target} go on with the answer, which had broken off{sent}",
    Cause.DEGRADATION: "asked {target}, a smaller model, for no target of the route had answered",
    Cause.SHADOW: "sent a copy to {target}, whose answer nobody sees",
}
_ASKED = "asked {target}"
_ORDINALS = ("first", "second", "third")


def explain(detail: Detail) -> Sequence[str]:
    """The sentences, in the order in which it happened."""
    attempts = sorted(detail.attempts, key=lambda attempt: (attempt.started_at, attempt.number))
    return [
        _asked(detail.entry),
        *(_planned(planned) for planned in _in_order(detail.plan)),
        *(_attempted(detail.entry, attempts, index) for index in range(len(attempts))),
        *_answered_otherwise(detail.entry),
        _ended(detail.entry),
        _came_to(detail.entry, attempts),
    ]


def _asked(entry: Entry) -> str:
    how = "a streamed answer" if entry.stream else "a whole answer"
    matters = f" It counted as {entry.criticality}." if entry.criticality else ""
    at = entry.started_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"Project {_last(entry.project)}, key {_last(entry.key)}, asked {entry.model} for {how} at {at}.{matters}"


def _in_order(plan: Sequence[PlannedTarget]) -> list[PlannedTarget]:
    """In the order of asking; those left out, which have no position, last."""
    return sorted(plan, key=lambda planned: (planned.position == 0, planned.position))


def _planned(planned: PlannedTarget) -> str:
    why = planned.explanation.rstrip(".")
    if planned.position == 0:
        return f"{planned.target} was left out: {why}."
    place = _ORDINALS[planned.position - 1] if planned.position <= len(_ORDINALS) else f"as number {planned.position}"
    return f"{planned.target} was to be asked {place}: {why}."


def _attempted(entry: Entry, attempts: Sequence[Attempt], index: int) -> str:
    attempt = attempts[index]
    began = (attempt.started_at - entry.started_at) / timedelta(milliseconds=1)
    when = f", {span(began)} after the start," if index else ""
    return f"Attempt {attempt.number}{when} {_made(entry, attempts, index)}; it {_met(entry, attempts, attempt)}."


def _made(entry: Entry, attempts: Sequence[Attempt], index: int) -> str:
    """What was decided: which attempt to make, and because of what."""
    attempt = attempts[index]
    decided = _DECIDED.get(attempt.cause, _ASKED) if attempt.cause else _ASKED
    return decided.format(
        target=attempt.target,
        slow=f"attempt {attempts[index - 1].number}" if index else "another",
        sent=f" after {counted(entry.continued_at, 'character')}" if entry.continued_at is not None else "",
    )


def _met(entry: Entry, attempts: Sequence[Attempt], attempt: Attempt) -> str:
    """How it ended, when, and what it used."""
    took, used = span(attempt.duration_ms), _used(attempt)
    first = f", with its first token after {span(attempt.first_token_ms)}" if attempt.first_token_ms is not None else ""
    match attempt.outcome:
        case Outcome.SUCCEEDED:
            return f"answered in {took}{first}{used}"
        case Outcome.FAILED:
            return f"failed after {took}{first}{used}: {reason_told(attempt.reason, attempt.vendor_status)}"
        case Outcome.CANCELLED:
            return f"was cancelled after {took}{first}{used}: {_cancelled(entry, attempts, attempt)}"


def _cancelled(entry: Entry, attempts: Sequence[Attempt], loser: Attempt) -> str:
    for other in attempts:
        won = other.outcome is Outcome.SUCCEEDED and other.cause is not Cause.SHADOW
        if won and other is not loser and ended_at(other) >= loser.started_at and other.started_at <= ended_at(loser):
            return f"attempt {other.number} won"
    if entry.outcome is Outcome.CANCELLED:
        return "the caller left"
    return reason_told(loser.reason)


def _used(attempt: Attempt) -> str:
    if attempt.tokens is None:
        return ""
    about = " (estimated, for the vendor did not tell)" if attempt.tokens_estimated else ""
    cost = f"for ${usd_of(nanos_of(attempt.cost))}" if attempt.cost else "at a price that is not known"
    return f", using {tokens_told(attempt.tokens)}{about}, {cost}"


def _answered_otherwise(entry: Entry) -> Iterator[str]:
    """What stood in for a target's answer."""
    if entry.degraded:
        yield f"No target of the route answered, so {_DEGRADED.get(entry.degraded, entry.degraded)}."
    elif entry.cache is not None:
        yield _FROM_CACHE[entry.cache]


def _ended(entry: Entry) -> str:
    took = span(entry.duration / timedelta(milliseconds=1))
    first = ""
    if entry.first_token is not None:
        first = f", with the first token after {span(entry.first_token / timedelta(milliseconds=1))}"
    match entry.outcome:
        case Outcome.SUCCEEDED:
            by = f" by {entry.target}" if entry.target else ""
            return f"The request was answered{by} in {took}{first}."
        case Outcome.FAILED:
            return f"The request failed after {took}{first}: {reason_told(entry.reason)}."
        case Outcome.CANCELLED:
            return f"The request ended after {took}{first}, before its answer did: {reason_told(entry.reason)}."


def _came_to(entry: Entry, attempts: Sequence[Attempt]) -> str:
    cost = "part of its cost is not known" if entry.cost_nanos is None else f"it cost ${usd_of(entry.cost_nanos)}"
    about = ", in part estimated" if any(attempt.tokens_estimated for attempt in attempts) else ""
    return f"In all it took {counted(len(attempts), 'attempt')} and {tokens_told(entry.tokens)}{about}; {cost}."


def _last(name: str) -> str:
    """The last part of a resource name, or the name itself."""
    return name.rpartition("/")[2]
