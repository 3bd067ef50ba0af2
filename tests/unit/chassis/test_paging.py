"""Pages: their size and their tokens."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from chassis.storage.paging import cursor_of, page_size, page_token
from resilience.errors import Failure, Reason


class Cursor(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    after: str
    at: datetime
    number: int = 0


CURSOR = Cursor(after="organizations/acme/models/é", at=datetime(2026, 5, 1, tzinfo=UTC), number=7)


def forged(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize(("asked", "given_"), [(0, 50), (1, 1), (500, 500), (501, 500), (2**31 - 1, 500)])
def test_page_size_is_the_default_for_nothing_and_never_above_the_most(asked: int, given_: int) -> None:
    assert page_size(asked) == given_


def test_sizes_are_the_caller_s_where_given() -> None:
    assert page_size(0, default=10, most=20) == 10
    assert page_size(30, default=10, most=20) == 20


def test_negative_page_size_is_refused() -> None:
    with pytest.raises(Failure) as caught:
        page_size(-1)
    assert caught.value.reason is Reason.INVALID_REQUEST
    assert caught.value.detail == {"field": "page_size"}


def test_token_leads_back_to_its_cursor() -> None:
    assert cursor_of(page_token(CURSOR), Cursor) == CURSOR


def test_no_token_is_the_first_page() -> None:
    assert cursor_of("", Cursor) is None


@given(st.text(max_size=200), st.integers())
def test_every_cursor_survives(after: str, number: int) -> None:
    cursor = Cursor(after=after.replace("\0", ""), at=CURSOR.at, number=number)
    token = page_token(cursor)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert cursor_of(token, Cursor) == cursor


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "é",
        "a",
        "=",
        page_token(CURSOR)[:-3],
        page_token(CURSOR) + "!",
        " " + page_token(CURSOR),
        forged([]),
        forged({"after": "x"}),
        forged({"after": 1, "at": "2026-05-01T00:00:00Z"}),
        forged({"after": "x", "at": "2026-05-01T00:00:00Z", "number": "7"}),
        forged({"after": "x", "at": "2026-05-01T00:00:00Z", "more": 1}),
        forged({"after": "nul\0", "at": "2026-05-01T00:00:00Z"}),
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
        "A" * 100_000,
    ],
)
def test_token_that_was_not_given_out_is_refused(token: str) -> None:
    with pytest.raises(Failure) as caught:
        cursor_of(token, Cursor)
    assert caught.value.reason is Reason.INVALID_REQUEST
    assert caught.value.detail == {"field": "page_token"}


@given(st.text(max_size=300))
def test_any_text_is_a_failure_and_not_an_error(token: str) -> None:
    if token:
        with pytest.raises(Failure):
            cursor_of(token, Cursor)
