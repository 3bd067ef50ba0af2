"""What RPCs answer, in the contract's words."""

from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from events import requests as facts
from events.base import Tokens
from events.health import Verdict
from seawall.monitor.v1 import monitor_pb2 as wire
from services.monitor.domain.health import Quantiles, TargetHealth
from services.monitor.domain.ledger import Detail, Entry
from services.monitor.domain.money import nanos_of, usd_of
from services.monitor.domain.usage import Usage
from services.monitor.domain.verdict import LONG

_VERDICTS = {
    Verdict.UNKNOWN: wire.VERDICT_UNKNOWN,
    Verdict.HEALTHY: wire.VERDICT_HEALTHY,
    Verdict.DEGRADED: wire.VERDICT_DEGRADED,
    Verdict.DOWN: wire.VERDICT_DOWN,
}


def usage_row(usage: Usage) -> wire.UsageRow:
    """One group's sums."""
    return wire.UsageRow(
        project=usage.project,
        model=usage.model,
        key=usage.key,
        target=usage.target,
        time=_moment(usage.time) if usage.time else None,
        requests=usage.requests,
        failed_requests=usage.failed_requests,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_input_tokens=usage.cached_input_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cost_usd=usd_of(usage.cost_nanos),
        unpriced_requests=usage.unpriced_requests,
    )


def request(entry: Entry) -> wire.Request:
    """A request without its plan and attempts."""
    return wire.Request(
        name=f"organizations/{entry.organization}/requests/{entry.request_id}",
        project=entry.project,
        key=entry.key,
        model=entry.model,
        stream=entry.stream,
        start_time=_moment(entry.started_at),
        duration=_duration(entry.duration),
        first_token=_duration(entry.first_token) if entry.first_token is not None else None,
        outcome=entry.outcome.value,
        reason=entry.reason.value if entry.reason else "",
        target=entry.target,
        usage=_tokens(entry.tokens),
        cost_usd=usd_of(entry.cost_nanos) if entry.cost_nanos is not None else "",
        trace_id=entry.trace_id,
        criticality=entry.criticality,
        cache=entry.cache.value if entry.cache else "",
        continued_at=entry.continued_at,
        degraded=entry.degraded,
        operation=entry.operation,
    )


def whole_request(detail: Detail) -> wire.Request:
    """A request with its plan and attempts."""
    whole = request(detail.entry)
    whole.plan.extend(
        wire.PlannedTarget(target=planned.target, position=planned.position, explanation=planned.explanation)
        for planned in detail.plan
    )
    whole.attempts.extend(_attempt(attempt) for attempt in detail.attempts)
    return whole


def target_health(health: TargetHealth) -> wire.TargetHealth:
    """A target's verdict and figures."""
    judgement = health.standing.judgement
    return wire.TargetHealth(
        target=health.standing.name.target,
        verdict=_VERDICTS[judgement.verdict],
        explanation=judgement.explanation,
        since=_moment(health.standing.since),
        window=_duration(timedelta(seconds=LONG)),
        attempts=health.attempts,
        failures=sum(health.failures.values()),
        failures_by_reason={reason.value: count for reason, count in health.failures.items()},
        latency=_quantiles(health.latency),
        first_token=_quantiles(health.first_token),
    )


def _attempt(attempt: facts.Attempt) -> wire.Attempt:
    return wire.Attempt(
        number=attempt.number,
        target=attempt.target,
        start_time=_moment(attempt.started_at),
        duration=_duration(timedelta(milliseconds=attempt.duration_ms)),
        first_token=_duration(timedelta(milliseconds=attempt.first_token_ms))
        if attempt.first_token_ms is not None
        else None,
        outcome=attempt.outcome.value,
        reason=attempt.reason.value if attempt.reason else "",
        vendor_status=attempt.vendor_status or 0,
        usage=_tokens(attempt.tokens) if attempt.tokens else None,
        cost_usd=usd_of(nanos_of(attempt.cost)) if attempt.cost else "",
        cause=attempt.cause.value if attempt.cause else "",
        usage_estimated=attempt.tokens_estimated,
    )


def _tokens(tokens: Tokens) -> wire.Usage:
    return wire.Usage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cached_input_tokens=tokens.cached_input,
        reasoning_tokens=tokens.reasoning,
        cache_write_tokens=tokens.cache_write,
    )


def _quantiles(quantiles: Quantiles | None) -> wire.Quantiles | None:
    if quantiles is None:
        return None
    p50, p95, p99 = (
        _duration(timedelta(milliseconds=value)) for value in (quantiles.p50, quantiles.p95, quantiles.p99)
    )
    return wire.Quantiles(p50=p50, p95=p95, p99=p99)


def _moment(value: datetime) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(value)
    return moment


def _duration(value: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(value)
    return duration
