import json
from datetime import UTC, datetime

import msgspec
import pytest

from events.base import read
from events.cloudevents import UndecodableError, decode, encode
from events.health import TargetVerdictChanged, Verdict
from events.requests import Attempt, Outcome, RequestFinished
from events.topics import HEALTH, REQUESTS
from resilience.errors import Reason

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
EVENT = TargetVerdictChanged(
    organization="acme",
    target="alpha/small",
    verdict=Verdict.DOWN,
    previous=Verdict.HEALTHY,
    explanation="9 of 10 failed",
    since=NOW,
    attempts=10,
    failures=9,
)
RECORD = encode(
    HEALTH, EVENT, event_id="1", source="/seawall/monitor", time=NOW, key="acme/alpha/small", traceparent="00-a-b-01"
)


def test_what_was_encoded_is_decoded() -> None:
    received = decode(HEALTH, RECORD.value, RECORD.headers)
    assert (received.id, received.source, received.time, received.traceparent) == (
        "1",
        "/seawall/monitor",
        NOW,
        "00-a-b-01",
    )
    assert received.data == EVENT


def test_the_headers_are_those_of_cloudevents_binary_mode() -> None:
    assert RECORD.headers == {
        "ce_specversion": "1.0",
        "ce_id": "1",
        "ce_source": "/seawall/monitor",
        "ce_type": "seawall.target.verdict_changed",
        "ce_time": "2026-03-04T05:06:07+00:00",
        "content-type": "application/json",
        "traceparent": "00-a-b-01",
    }


def test_a_field_that_a_later_producer_adds_is_no_trouble() -> None:
    value = RECORD.value[:-1] + b',"added_later":{"x":1}}'
    assert decode(HEALTH, value, RECORD.headers).data == EVENT


@pytest.mark.parametrize("missing", ["ce_id", "ce_source", "ce_type", "ce_time"])
def test_a_record_without_a_header_of_cloudevents_says_which(missing: str) -> None:
    headers = {name: value for name, value in RECORD.headers.items() if name != missing}
    with pytest.raises(UndecodableError, match=missing):
        decode(HEALTH, RECORD.value, headers)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "value"),
        (b"", "value"),
        (b"\xff", "value"),
        (b"[]", "value"),
        (b"{}", "organization"),
        (RECORD.value.replace(b'"down"', b'"sideways"'), "verdict"),
        (RECORD.value.replace(b"05:06:07Z", b"05:06:07"), "since"),
        (RECORD.value.replace(b'"attempts":10', b'"attempts":"10"'), "attempts"),
        (RECORD.value.replace(b"alpha", b"al\xc3pha"), "utf-8"),
        (RECORD.value.replace(b"alpha", b"al\\ud800pha"), "surrogate"),
        (RECORD.value.replace(b'"down"', b'"sideways"')[:-1], "truncated"),
        (RECORD.value[:-1] + b',"added":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "recursion"),
    ],
)
def test_a_value_that_is_not_the_event_says_where(value: bytes | None, said: str) -> None:
    with pytest.raises(UndecodableError, match=said):
        decode(HEALTH, value, RECORD.headers)


def test_what_is_none_is_left_out_and_what_has_another_default_is_written() -> None:
    event = RequestFinished(
        request_id="r",
        organization="acme",
        project="shop",
        key="ci",
        model="chat",
        stream=False,
        started_at=NOW,
        duration_ms=1.0,
        outcome=Outcome.FAILED,
        reason=Reason.OVERLOADED,
    )
    assert json.loads(encode(REQUESTS, event, event_id="1", source="/s", time=NOW, key="r").value) == {
        "request_id": "r",
        "organization": "acme",
        "project": "shop",
        "key": "ci",
        "model": "chat",
        "operation": "chat",
        "stream": False,
        "started_at": "2026-03-04T05:06:07Z",
        "duration_ms": 1.0,
        "outcome": "failed",
        "reason": "overloaded",
        "plan": [],
        "attempts": [],
        "tokens": {"input": 0, "output": 0, "cached_input": 0, "reasoning": 0, "cache_write": 0},
    }


def test_facts_as_a_store_keeps_them_are_read_back() -> None:
    attempt = Attempt(number=1, target="a/m", started_at=NOW, duration_ms=2.5, outcome=Outcome.FAILED)
    kept = msgspec.to_builtins(attempt)
    assert read(Attempt, kept) == attempt
    assert read(Attempt, {**kept, "reason": "reason_of_tomorrow"}).reason is Reason.OTHER
    with pytest.raises(msgspec.ValidationError, match="outcome"):
        read(Attempt, {**kept, "outcome": "outcome_of_tomorrow"})


def test_an_event_of_another_topic_is_refused() -> None:
    with pytest.raises(UndecodableError, match="does not belong"):
        decode(REQUESTS, RECORD.value, RECORD.headers)
