"""The page at which a service shows a profile of itself, to those who know the services' token."""

import asyncio
import hmac
import random
import sys
from urllib.parse import parse_qs

import msgspec

from chassis.http import App, Receive, Scope, Send
from chassis.profiling.profile import Profile

PATH = "/debug/profile"
MAX_SECONDS = 60.0
MAX_RATE = 1000
DEFAULT_SECONDS = 10.0
DEFAULT_RATE = 100
TOKEN_HEADER = b"x-seawall-token"


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def profile_page(service: str, token: str) -> App | None:
    """`GET PATH?seconds=&rate=`: a Profile as JSON, after that time; None where there is no token to ask for.

    Seconds up to MAX_SECONDS, rate up to MAX_RATE a second; one at a time.
    """
    if not token:
        return None
    taken = asyncio.Lock()

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        try:
            _check_token(scope, token)
            seconds, rate = _asked(scope)
            _check_free(taken)
            async with taken:
                body = msgspec.json.encode(await _profile(service, seconds, rate))
            status = 200
        except _RefusedError as refused:
            status = refused.status
            body = msgspec.json.encode({"error": {"code": refused.code, "message": str(refused)}})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def _profile(service: str, seconds: float, rate: int) -> Profile:
    from chassis.profiling.sampler import Sampler  # noqa: PLC0415 - nothing of it is there until somebody asks

    sampler = Sampler(rate=rate, rng=random.Random())  # noqa: S311 - so that it does not keep step with what it sees
    try:
        await asyncio.to_thread(sampler.run, seconds)
        threads = await asyncio.to_thread(sampler.threads)
    finally:
        sampler.stop()
    return Profile(service, sampler.seconds, rate, sampler.samples, threads, sampler.native)


def _check_token(scope: Scope, token: str) -> None:
    if scope["method"] != "GET":
        raise _RefusedError(405, "method_not_allowed", "Only GET is answered here.")
    shown = next((value for name, value in scope["headers"] if name == TOKEN_HEADER), None)
    if shown is None:
        raise _RefusedError(401, "unauthenticated", "Show the services' token, in x-seawall-token.")
    if not hmac.compare_digest(shown, token.encode()):
        raise _RefusedError(403, "permission_denied", "That is not the services' token.")


def _check_free(taken: asyncio.Lock) -> None:
    if taken.locked():
        raise _RefusedError(409, "profile_under_way", "Another profile is being made; ask when it is done.")


def _asked(scope: Scope) -> tuple[float, int]:
    if sys.platform != "linux":
        raise _RefusedError(501, "unsupported", "Profiles are made by clocks that only Linux has.")
    said = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    try:
        seconds = float(said.get("seconds", [str(DEFAULT_SECONDS)])[-1])
        rate = int(said.get("rate", [str(DEFAULT_RATE)])[-1])
    except ValueError:
        raise _RefusedError(400, "invalid_request", "seconds and rate are numbers.") from None
    if not 0 < seconds <= MAX_SECONDS or not 1 <= rate <= MAX_RATE:
        why = f"seconds are up to {MAX_SECONDS:g}, and rate is from 1 to {MAX_RATE}."
        raise _RefusedError(400, "invalid_request", why)
    return seconds, rate
