"""Opens the way to a provider by LiteLLM's SDK, which is imported when the first one is."""

import asyncio
from types import TracebackType
from typing import Self

import structlog

from chassis.manifest.vendors import NOT_CALLED
from resilience.clock import Clock
from services.providers.adapters.litellm.base_url import BaseUrls
from services.providers.adapters.litellm.http import LiteLLMHttp
from services.providers.adapters.litellm.sdk import ABSENT, Sdk, imported, installed
from services.providers.domain.provider import Connection, ProviderDefinition

log = structlog.stdlib.get_logger("long tail")

VENDOR = "litellm"
CLOSING = 5.0
"""Seconds for the SDK to close its connections."""


class LongTail:
    """An async context manager."""

    def __init__(self, base_urls: BaseUrls, clock: Clock) -> None:
        self._base_urls = base_urls
        self._clock = clock
        self._sdk: asyncio.Task[Sdk | None] | None = None

    def open(self, definition: ProviderDefinition) -> LiteLLMHttp:
        """See VendorHttp. Begins to import the SDK. Raises ValueError where it is not there, or cannot do as told."""
        if not installed():
            raise ValueError(ABSENT)
        if definition.connection != Connection():
            raise ValueError("LiteLLM's SDK connects by itself, without a proxy, a ca or headers of a provider's own")
        asked = definition.sdk_vendor
        if not asked:
            raise ValueError("it does not say whom LiteLLM's SDK asks, by its sdk_vendor")
        if why := NOT_CALLED.get(asked):
            raise ValueError(f"{asked!r} is not called: {why}")
        if self._sdk is None:
            self._sdk = asyncio.create_task(_imported(), name="litellm")
        return LiteLLMHttp(self._sdk, asked, self._base_urls, self._clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._sdk is None:
            return
        self._sdk.cancel()
        (sdk,) = await asyncio.gather(self._sdk, return_exceptions=True)
        if sdk is None or isinstance(sdk, BaseException):
            return
        try:
            async with asyncio.timeout(CLOSING):
                await sdk.close_litellm_async_clients()
        except TimeoutError:
            log.warning("LiteLLM's SDK did not close its connections in time")


async def _imported() -> Sdk | None:
    try:
        return await asyncio.to_thread(imported)
    except Exception:
        log.exception("LiteLLM's SDK could not be imported")
        return None
