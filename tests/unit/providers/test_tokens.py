"""Tokens over time: asked for once, used until shortly before their end, renewed while they serve."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog

from resilience.clock import VirtualClock
from resilience.errors import Reason
from services.providers.application.ports import Headers, Token, VendorHttp, VendorResponse
from services.providers.application.tokens import EARLY, MARGIN, PAUSE, Tokens, TokenSource
from services.providers.domain.failure import VendorFailure

HOUR = 3600.0


class NoHttp:
    """See VendorHttp; nothing is sent."""

    async def post(self, url: str, headers: Headers, body: bytes) -> VendorResponse:
        raise AssertionError(url)


class Giver:
    """See Grant: gives `token-1`, `token-2`, …, each for `seconds`, or fails; only while the `door` is open."""

    def __init__(self) -> None:
        self.asked = 0
        self.seconds = HOUR
        self.failure: VendorFailure | None = None
        self.door = asyncio.Event()
        self.door.set()

    async def __call__(self, http: VendorHttp) -> Token:
        self.asked += 1
        number = self.asked
        await self.door.wait()
        if self.failure is not None:
            raise self.failure
        return Token(f"token-{number}", self.seconds)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def giver() -> Giver:
    return Giver()


@pytest.fixture
async def source(giver: Giver, clock: VirtualClock) -> AsyncIterator[TokenSource]:
    async with Tokens(clock) as tokens:
        yield tokens.by(giver, NoHttp())


async def turns() -> None:
    """As many turns of the loop as a renewal takes that waits for nobody."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_however_many_calls_wait_one_token_is_asked_for(source: TokenSource, giver: Giver) -> None:
    giver.door.clear()
    calls = [asyncio.create_task(source.token()) for _ in range(50)]
    await turns()
    giver.door.set()
    assert set(await asyncio.gather(*calls)) == {"token-1"}
    assert await source.token() == "token-1"
    assert giver.asked == 1


async def test_a_token_is_renewed_before_its_end_while_calls_go_on(
    source: TokenSource, giver: Giver, clock: VirtualClock
) -> None:
    await source.token()
    await clock.advance(HOUR - EARLY - 1)
    assert await source.token() == "token-1"
    assert giver.asked == 1
    await clock.advance(1)
    giver.door.clear()
    assert [await source.token() for _ in range(3)] == ["token-1"] * 3, "nobody waits for the new one"
    await turns()
    assert giver.asked == 2
    giver.door.set()
    await turns()
    assert await source.token() == "token-2"


async def test_a_token_is_not_shown_at_its_very_end(source: TokenSource, giver: Giver, clock: VirtualClock) -> None:
    await source.token()
    await clock.advance(HOUR - MARGIN)
    assert await source.token() == "token-2"


@pytest.mark.parametrize("seconds", [0.0, 1.0, 30.0])
async def test_a_token_that_is_given_for_a_moment_serves_those_that_wait_for_it(
    source: TokenSource, giver: Giver, clock: VirtualClock, seconds: float
) -> None:
    giver.seconds = seconds
    assert await source.token() == "token-1"
    await clock.advance(seconds)
    assert await source.token() == "token-2"


async def test_a_renewal_that_fails_takes_no_token_away_and_is_tried_again_after_a_pause(
    source: TokenSource, giver: Giver, clock: VirtualClock
) -> None:
    await source.token()
    giver.failure = VendorFailure(Reason.VENDOR_UNREACHABLE, why="Nobody is there.")
    await clock.advance(HOUR - EARLY)
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            assert await source.token() == "token-1"
            await turns()
    assert giver.asked == 2
    assert [(log["log_level"], log["cause"]) for log in logs] == [("warning", "Nobody is there.")]
    giver.failure = None
    await clock.advance(PAUSE)
    await source.token()
    await turns()
    assert await source.token() == "token-3"


async def test_each_of_those_that_wait_is_told_why_there_is_none_and_the_next_asks_again(
    source: TokenSource, giver: Giver
) -> None:
    giver.failure = VendorFailure(Reason.VENDOR_UNREACHABLE, why="No.", status=400, retry_after=2.0, retryable=False)
    failures = await asyncio.gather(*(source.token() for _ in range(5)), return_exceptions=True)
    assert giver.asked == 1
    assert len({id(failure) for failure in failures}) == 5, "each may be changed by the call that it ends"
    for failure in failures:
        assert isinstance(failure, VendorFailure)
        assert (failure.reason, failure.message, failure.status) == (Reason.VENDOR_UNREACHABLE, "No.", 400)
        assert (failure.retry_after, failure.retryable) == (2.0, False)
    giver.failure = None
    assert await source.token() == "token-2"


async def test_a_call_that_ends_does_not_take_the_token_from_those_that_wait_with_it(
    source: TokenSource, giver: Giver
) -> None:
    giver.door.clear()
    first, second = asyncio.create_task(source.token()), asyncio.create_task(source.token())
    await turns()
    first.cancel()
    await turns()
    assert first.cancelled()
    giver.door.set()
    assert await second == "token-1"
    assert giver.asked == 1


async def test_a_refused_token_is_replaced_once_however_many_calls_were_refused(
    source: TokenSource, giver: Giver
) -> None:
    token = await source.token()
    for _ in range(3):
        source.refused(token)
        assert await source.token() == "token-2"
    assert giver.asked == 2


async def test_whoever_gives_no_token_in_time_is_as_one_that_cannot_be_reached(
    giver: Giver, clock: VirtualClock
) -> None:
    giver.door.clear()
    async with Tokens(clock, within=0.01) as tokens:
        with pytest.raises(VendorFailure, match="in time") as failed:
            await tokens.by(giver, NoHttp()).token()
    assert failed.value.reason is Reason.VENDOR_UNREACHABLE


async def test_what_is_under_way_ends_with_the_service(giver: Giver, clock: VirtualClock) -> None:
    giver.door.clear()
    async with Tokens(clock) as tokens:
        waiting = asyncio.create_task(tokens.by(giver, NoHttp()).token())
        await turns()
    await asyncio.wait((waiting,))
    assert waiting.cancelled()


async def test_a_fault_of_ours_is_seen_though_nobody_waits(giver: Giver, clock: VirtualClock) -> None:
    async def broken(http: VendorHttp) -> Token:
        raise LookupError

    async with Tokens(clock) as tokens:
        with structlog.testing.capture_logs() as logs:
            waiting = asyncio.create_task(tokens.by(broken, NoHttp()).token())
            await asyncio.sleep(0)
            waiting.cancel()
            await turns()
    assert [log["log_level"] for log in logs] == ["error"]


def test_no_token_is_printed() -> None:
    assert "secret" not in repr(Token("secret", 1.0))
