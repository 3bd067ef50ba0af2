"""One provider's POSTs to its vendor, and what goes wrong with them as reasons."""

from collections.abc import Callable
from typing import NamedTuple

from chassis.http_url import HttpUrl
from resilience.clock import Clock
from resilience.errors import Reason
from services.providers.adapters.http.head import Head
from services.providers.adapters.http.line import Line, NotCalledError
from services.providers.adapters.http.response import HttpResponse, Releasing
from services.providers.adapters.http.unreachable import NotConnectedError
from services.providers.application.ports import Headers
from services.providers.domain.failure import VendorFailure

_AUTHORITY = len("https://")


class Way(NamedTuple):
    """How a host is called."""

    line: Line
    head: Head


class PooledHttp:
    """See VendorHttp: one provider's. `way`: to the host of a URL; raises NotCalledError."""

    def __init__(self, provider: str, way: Callable[[HttpUrl], Way], clock: Clock, releasing: Releasing) -> None:
        self._provider = provider
        self._way = way
        self._clock = clock
        self._releasing = releasing
        self._ways: dict[str, Way] = {}

    async def post(self, url: str, headers: Headers, body: bytes) -> HttpResponse:
        """See VendorHttp."""
        path = url.find("/", _AUTHORITY)
        origin, rest = (url, "") if path < 0 else (url[:path], url[path:])
        try:
            line, head = self._ways.get(origin) or self._begin(origin)
            lines = head(rest, headers)
            pool = line.ready() or await line.found()
            connection = pool.take() or await pool.connect()
        except NotCalledError as error:
            raise self._not_called(error) from None
        except NotConnectedError as error:
            line.unreachable()
            why = f"The vendor could not be reached: {error.why}." if error.why else ""
            raise VendorFailure(Reason.VENDOR_UNREACHABLE, why=why) from None
        except ValueError as error:
            raise self._not_called(NotCalledError(str(error), refused=True)) from None
        answer = connection.exchange(lines, body)
        try:
            await answer.wait(0)
        except BaseException:
            answer.abandon()
            raise
        if not answer.status:
            raise VendorFailure(Reason.VENDOR_CONNECTION_LOST)
        return HttpResponse(answer, self._clock, self._releasing)

    def _begin(self, origin: str) -> Way:
        """The way to `origin`, which must be written as HttpUrl writes it: what is called is what was checked."""
        try:
            url = HttpUrl.read(origin)
        except ValueError:
            url = None
        if url is None or str(url) != origin or url.rest:
            raise NotCalledError("its base URL is not usable", refused=True)
        way = self._ways[origin] = self._way(url)
        return way

    def _not_called(self, error: NotCalledError) -> VendorFailure:
        if error.refused:
            why = f"Provider {self._provider!r} is not called: {error.why}."
            return VendorFailure(Reason.VENDOR_UNREACHABLE, why=why, retryable=False)
        return VendorFailure(Reason.VENDOR_UNREACHABLE, why=f"The vendor could not be reached: {error.why}.")
