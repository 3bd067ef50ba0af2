"""The bodies that receivers are sent, to the letter."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from events.alerts import AlertState
from services.alerts.adapters.formats.slack import MAX_SECTION, neutral, slack
from services.alerts.adapters.formats.webhook import webhook
from services.alerts.adapters.http import seconds_of
from tests.unit.alerts.values import SECRET, T0, delivery

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> object:
    return json.loads((GOLDEN / name).read_text("utf-8"))


def test_a_webhook_body_is_the_golden_one() -> None:
    message = webhook(delivery(), SECRET, T0)
    assert json.loads(message.body) == golden("webhook.json")
    assert message.headers["webhook-id"] == "d1"
    assert message.headers["webhook-timestamp"] == str(int(T0.timestamp()))


def test_a_webhook_is_verified_by_the_reference_library() -> None:
    message = webhook(delivery(), SECRET, datetime.now(UTC))
    Webhook(SECRET).verify(message.body, dict(message.headers))


@pytest.mark.parametrize("field", ["body", "webhook-id", "webhook-timestamp", "secret"])
def test_a_webhook_that_was_tampered_with_is_refused_by_the_reference_library(field: str) -> None:
    message = webhook(delivery(), SECRET, datetime.now(UTC))
    body, headers, secret = message.body, dict(message.headers), SECRET
    match field:
        case "body":
            body = body.replace(b"down", b"fine")
        case "secret":
            secret = "whsec_" + "A" * 32
        case _:
            headers[field] = str(int(T0.timestamp())) if field == "webhook-timestamp" else "d2"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_every_try_has_the_same_id_and_body_and_its_own_signature() -> None:
    first, second = webhook(delivery(), SECRET, T0), webhook(delivery(), SECRET, T0 + timedelta(seconds=5))
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize("state", list(AlertState))
def test_a_slack_body_is_the_golden_one(state: AlertState) -> None:
    assert json.loads(slack(delivery(state=state)).body) == golden(f"slack_{state.value}.json")


def test_slack_is_not_made_to_call_anybody() -> None:
    evil = "<!channel> <@U123> @everyone @here & `code` <https://evil|click>\r\n*x*"
    body = slack(delivery(summary=evil, subject=evil, actor=evil)).body.decode()
    ours = body.replace("<!date^", "")
    for call in ("<!", "<@", "@everyone", "@here", "<https", "`code`"):
        assert call not in ours


def test_slack_text_is_cut_by_code_point_within_its_limit() -> None:
    blocks = json.loads(slack(delivery(summary="🌊" * 10_000)).body)["blocks"]
    text = blocks[1]["text"]["text"]
    assert len(text) == MAX_SECTION
    assert text == "🌊" * (MAX_SECTION - 1) + "…"


@given(st.text(), st.integers(1, 50))
def test_neutral_text_is_within_its_limit_and_never_half_an_entity(text: str, most: int) -> None:
    shown = neutral(text, most)
    assert len(shown) <= most
    assert "<" not in shown
    assert ">" not in shown
    for part in shown.split("&")[1:]:
        assert part.startswith(("amp;", "lt;", "gt;"))


@given(st.text(alphabet="abc 🌊", max_size=20))
def test_text_that_fits_is_not_cut(text: str) -> None:
    assert neutral(text, 20) == text


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("Thu, 01 Jan 2026 12:01:00 GMT", 60.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("²", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header, T0) == seconds
