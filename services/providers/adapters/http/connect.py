"""What a connection to a vendor runs over: TCP to an address that was checked, by a proxy, with TLS, within a time."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from chassis.http_url import HttpUrl
from services.providers.adapters.http.dial import dial
from services.providers.adapters.http.tunnel import tunnel
from services.providers.adapters.http.unreachable import LATE, NO_HANDSHAKE, NotConnectedError, cause_of


@dataclass(frozen=True, slots=True)
class Connect:
    """To `origin`, by `proxy` if there is one. `within`: seconds for all of it.

    `addresses`: of the first of the two; where there are none, its name is resolved. `trusted`: whose certificates are
    valid, of either.
    """

    origin: HttpUrl
    proxy: HttpUrl | None
    addresses: Sequence[str]
    trusted: ssl.SSLContext
    within: float

    async def __call__(self) -> asyncio.Transport:
        """A new one. Raises NotConnectedError."""
        try:
            async with asyncio.timeout(self.within):
                return await self._connect()
        except TimeoutError:
            raise NotConnectedError(LATE) from None
        except OSError as error:
            raise NotConnectedError(cause_of(error)) from None

    async def _connect(self) -> asyncio.Transport:
        first = self.proxy or self.origin
        transport = await dial(self.addresses or (first.host,), first.port)
        try:
            if first.scheme == "https":
                transport = await self._secure(transport, first.host)
            if self.proxy is not None and self.origin.scheme == "https":
                await tunnel(transport, self.proxy, self.origin)
                transport = await self._secure(transport, self.origin.host)
        except BaseException:
            transport.abort()
            raise
        return transport

    async def _secure(self, transport: asyncio.Transport, host: str) -> asyncio.Transport:
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(transport, asyncio.Protocol(), self.trusted, server_hostname=host)
        except ConnectionError:
            raise NotConnectedError(NO_HANDSHAKE) from None
        if secured is None:
            raise NotConnectedError(NO_HANDSHAKE)
        return secured
