"""Counting a message's tokens at Anthropic: what is asked, and what is an answer."""

import json

import pytest

from resilience.errors import Failure, Reason
from services.providers.adapters.anthropic.count_tokens import CountTokensDialect
from services.providers.adapters.anthropic.dialect import AnthropicDialect
from services.providers.domain.answer import Usage
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.envelope import Envelope
from services.providers.domain.failure import VendorFailure
from tests.unit.providers.reading import ANY

DIALECT = CountTokensDialect(AnthropicDialect(max_event=1000))


def envelope(body: bytes, **headers: str) -> Envelope:
    dialect = CallerDialect.ANTHROPIC_COUNT_TOKENS
    return Envelope("r", 1, "acme", "claude", "claude-x", body, "", None, "", dialect, headers=headers)


def test_the_vendors_model_is_counted_for_and_no_other_byte_changes() -> None:
    request = DIALECT.request(envelope(b'{"model":"chat", "messages":[{"a" : 1}],"new":2}'), stream=False)
    assert request.path == "/messages/count_tokens"
    assert json.loads(request.body) == {"model": "claude-x", "messages": [{"a": 1}], "new": 2}
    assert b'[{"a" : 1}]' in request.body
    assert dict(request.headers) == {"anthropic-version": "2023-06-01"}


def test_a_count_costs_nothing() -> None:
    body = b'{"input_tokens": 14, "context_management": null}'
    answer = DIALECT.answer(ANY, body, "v1")
    assert (answer.body, answer.usage) == (body, Usage())


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{}", Reason.VENDOR_MALFORMED),
        (b"<html>", Reason.VENDOR_MALFORMED),
        (b'{"input_tokens": "many"}', Reason.VENDOR_MALFORMED),
        (b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}', Reason.VENDOR_OVERLOADED),
    ],
)
def test_what_is_no_count_is_a_failure(body: bytes, reason: Reason) -> None:
    with pytest.raises(VendorFailure) as failed:
        DIALECT.answer(ANY, body, "")
    assert failed.value.reason is reason


def test_nothing_is_streamed() -> None:
    with pytest.raises(Failure) as refused:
        DIALECT.request(envelope(b"{}"), stream=True)
    assert refused.value.reason is Reason.INVALID_REQUEST
