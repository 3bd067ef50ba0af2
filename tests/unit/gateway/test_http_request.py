"""What is read of a request's headers and body."""

import asyncio

import pytest

from chassis.http import Message, Receive
from resilience.errors import Failure, Reason
from services.gateway.entrypoints.http.request import (
    CallerLeftError,
    RequestHeaders,
    body_of,
    secret_of,
    told_of,
)

LIMIT = 10


def headers(*pairs: tuple[str, str]) -> RequestHeaders:
    return RequestHeaders([(name.encode(), value.encode("latin-1")) for name, value in pairs])


def arriving(*messages: Message | Exception) -> Receive:
    left = list(messages)

    async def receive() -> Message:
        if not left:
            await asyncio.Event().wait()
        message = left.pop(0)
        if isinstance(message, Exception):
            raise message
        return message

    return receive


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_of_a_header_that_is_sent_twice_the_first_counts_and_all_are_there() -> None:
    sent = headers(("a", "1"), ("b", "2"), ("a", "3"))
    assert (sent.get(b"a"), sent.all(b"a"), sent.get(b"c"), sent.all(b"c")) == ("1", ["1", "3"], None, [])
    assert sent.has_any(frozenset({b"b", b"c"}))
    assert not sent.has_any(frozenset({b"c"}))


@pytest.mark.parametrize(
    ("sent", "secret"),
    [
        ((), None),
        ((("authorization", "Bearer  sw_1 "),), "sw_1"),
        ((("authorization", "bearer sw_1"), ("authorization", "Bearer sw_2")), "sw_1"),
        ((("x-api-key", "sw_1"),), "sw_1"),
        ((("x-api-key", "sw_1"), ("authorization", "Bearer sw_2")), "sw_2"),
        ((("x-api-key", "sw_1"), ("authorization", "Basic sw_2")), None),
    ],
)
def test_the_key_is_the_bearers_or_else_the_api_key(sent: tuple[tuple[str, str], ...], secret: str | None) -> None:
    assert secret_of(headers(*sent)) == secret


def test_a_vendor_is_told_what_is_listed_and_several_values_as_one() -> None:
    sent = headers(("anthropic-beta", "a"), ("cookie", "no"), ("anthropic-beta", " b,c "), ("anthropic-version", "1"))
    assert told_of(sent) == {"anthropic-beta": "a,b,c", "anthropic-version": "1"}
    assert told_of(headers(("cookie", "no"))) == {}
    with pytest.raises(Failure) as raised:
        told_of(headers(("anthropic-beta", "a"), ("anthropic-beta", "\xe9")))
    assert raised.value.detail == {"param": "anthropic-beta"}


async def test_a_body_is_put_together_up_to_its_limit() -> None:
    assert await body_of(headers(), arriving(part(b"0123456789")), LIMIT) == b"0123456789"
    assert await body_of(headers(), arriving(part(b"01234", more=True), part(b"56789")), LIMIT) == b"0123456789"


@pytest.mark.parametrize(
    ("sent", "parts"),
    [
        ((("content-length", "11"),), (part(b"0123", more=True), part(b""))),
        ((), (part(b"01234567890"),)),
        ((), (part(b"01234567", more=True), part(b"89", more=True), part(b"0", more=True), part(b""))),
    ],
    ids=["announced", "at once", "bit by bit"],
)
async def test_a_body_over_the_limit_is_read_over_and_refused(
    sent: tuple[tuple[str, str], ...], parts: tuple[Message, ...]
) -> None:
    receive = arriving(*parts, {"type": "what comes after it"})
    with pytest.raises(Failure) as raised:
        await body_of(headers(*sent), receive, LIMIT)
    assert raised.value.reason is Reason.REQUEST_TOO_LARGE
    assert (await receive())["type"] == "what comes after it"


async def test_a_late_body_is_the_callers_to_send_again() -> None:
    with pytest.raises(Failure) as raised:
        await body_of(headers(), arriving(part(b"0", more=True), TimeoutError()), LIMIT)
    assert (raised.value.reason, raised.value.retryable) == (Reason.REQUEST_TIMEOUT, True)


async def test_who_leaves_before_the_bodys_end_is_not_answered() -> None:
    with pytest.raises(CallerLeftError):
        await body_of(headers(), arriving(part(b"0", more=True), {"type": "http.disconnect"}), LIMIT)
