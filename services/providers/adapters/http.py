"""HTTP to vendors: pyqwest's pooled connections, its errors as reasons."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from socket import SOCK_STREAM
from types import TracebackType
from typing import Any, Self
from weakref import WeakValueDictionary

from pyqwest import Headers as NativeHeaders
from pyqwest import HTTPTransport, Proxy, ReadError, RemoteProtocolError, Request, WriteError

from chassis.addresses import AddressPolicy
from chassis.http_url import HttpUrl
from resilience.clock import Clock
from resilience.errors import Reason
from services.providers.adapters.environment_proxies import EnvironmentProxies
from services.providers.adapters.http_line import Line, Lookups, NotCalledError, Resolve
from services.providers.adapters.http_response import PyqwestResponse, Releasing
from services.providers.adapters.unreachable import cause_of
from services.providers.application.ports import Headers
from services.providers.domain.failure import VendorFailure

_AUTHORITY = len("https://")
_NO_PROXY = Proxy("http://nobody.invalid", no_proxy="*,0.0.0.0/0,::/0")
"""For nobody: without any, pyqwest would look for one in the environment by itself."""


class PyqwestHttp:
    """See VendorHttp: one provider's. `line`: the way to the host of a URL; raises NotCalledError."""

    def __init__(self, provider: str, line: Callable[[HttpUrl], Line], clock: Clock, releasing: Releasing) -> None:
        self._provider = provider
        self._line = line
        self._clock = clock
        self._releasing = releasing
        self._lines: dict[str, Line] = {}

    async def post(self, url: str, headers: Headers, body: bytes) -> PyqwestResponse:
        """See VendorHttp."""
        path = url.find("/", _AUTHORITY)
        origin = url if path < 0 else url[:path]
        try:
            line = self._lines.get(origin) or self._begin(origin)
            transport = await line.transport()
        except NotCalledError as error:
            raise self._not_called(error) from None
        try:
            response = await transport.execute(Request("POST", url, NativeHeaders(headers), body))
        except ConnectionError as error:
            # Refused, no such host, no handshake, or the time to connect is over: no byte of the request was sent.
            line.unreachable()
            cause = cause_of(error)
            why = f"The vendor could not be reached: {cause}." if cause else ""
            raise VendorFailure(Reason.VENDOR_UNREACHABLE, why=why) from None
        except (WriteError, ReadError, RemoteProtocolError):
            raise VendorFailure(Reason.VENDOR_CONNECTION_LOST) from None
        except (RuntimeError, ValueError):
            raise VendorFailure(Reason.VENDOR_UNREACHABLE, why="The provider's base URL is not usable.") from None
        return PyqwestResponse(response, self._clock, self._releasing)

    def _begin(self, origin: str) -> Line:
        """The line to `origin`, which must be written as HttpUrl writes it: what is called is what was checked."""
        try:
            url = HttpUrl.read(origin)
        except ValueError:
            url = None
        if url is None or str(url) != origin or url.rest:
            raise NotCalledError("its base URL is not usable", refused=True)
        line = self._lines[origin] = self._line(url)
        return line

    def _not_called(self, error: NotCalledError) -> VendorFailure:
        if error.refused:
            why = f"Provider {self._provider!r} is not called: {error.why}."
            return VendorFailure(Reason.VENDOR_UNREACHABLE, why=why, retryable=False)
        return VendorFailure(Reason.VENDOR_UNREACHABLE, why=f"The vendor could not be reached: {error.why}.")


class PyqwestConnections:
    """See Connections; an async context manager.

    `max_idle` connections per host are kept for the next call. `connect_timeout`: seconds to find a host, and again for
    TCP and TLS together. Providers with the same proxy and authorities share the connections to a host.
    """

    def __init__(
        self,
        *,
        connect_timeout: float,
        max_idle: int,
        clock: Clock,
        policy: AddressPolicy,
        resolve: Resolve,
        environment: EnvironmentProxies,
    ) -> None:
        self._connect_timeout = connect_timeout
        self._max_idle = max_idle
        self._clock = clock
        self._policy = policy
        self._environment = environment
        self._lookups = Lookups(resolve, policy, clock, connect_timeout, self._run)
        self._lines: WeakValueDictionary[tuple[str, str, str], Line] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._releasing = Releasing()

    def open(self, provider: str, proxy: str, ca: str) -> PyqwestHttp:
        """See Connections."""
        through = None
        if proxy:
            try:
                through = HttpUrl.read(proxy)
            except ValueError as error:
                raise ValueError(f"its proxy {error}") from None
        if ca:
            try:
                self._transport("", ca, {})
            except (ValueError, RuntimeError):
                raise ValueError("its certificate authorities are no certificates in PEM") from None
        return PyqwestHttp(provider, partial(self._line, through, ca), self._clock, self._releasing)

    def _line(self, proxy: HttpUrl | None, ca: str, url: HttpUrl) -> Line:
        self._check(url)
        if proxy is not None:
            self._check(proxy)
            host, through, whose = proxy.host if proxy.address is None else "", str(proxy), "its proxy's name"
        else:
            through = self._environment.of(url)
            # What the operator's own proxy may call, and where that is, is for the operator alone to say.
            host, whose = url.host if url.address is None and not through else "", "its name"
        key = (host, through, ca)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(host, partial(self._transport, through, ca), self._lookups, whose)
        return line

    def _check(self, url: HttpUrl) -> None:
        if url.address is not None and (refusal := self._policy.refusal(url.address)):
            raise NotCalledError(f"{url.host} is {refusal}, which is not allowed", refused=True)

    def _transport(self, proxy: str, ca: str, addresses: Mapping[str, Sequence[str]]) -> HTTPTransport:
        return HTTPTransport(
            tls_include_system_certs=True,
            tls_ca_cert=ca.encode() if ca else None,
            proxy=proxy or _NO_PROXY,
            dns_overrides=addresses,
            connect_timeout=self._connect_timeout,
            pool_max_idle_per_host=self._max_idle,
            follow_redirects=False,
            enable_otel=False,
        )

    def _run(self, lookup: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(lookup, name="lookup")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def __aenter__(self) -> Self:
        await self._releasing.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._releasing.__aexit__(kind, error, traceback)
        for line in list(self._lines.values()):
            await line.aclose()


async def resolve(host: str) -> list[str]:
    """A host's addresses as the system finds them, the best first. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
