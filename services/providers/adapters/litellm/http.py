"""LiteLLM's SDK in the place of a provider's HTTP."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from resilience.clock import Clock
from resilience.errors import Reason
from services.providers.adapters.litellm import models
from services.providers.adapters.litellm.base_url import BaseUrls
from services.providers.adapters.litellm.errors import body_of, headers_of, status_of, unwrapped
from services.providers.adapters.litellm.response import PREFIX, SdkResponse, whole
from services.providers.adapters.litellm.sdk import Sdk
from services.providers.adapters.litellm.stream import dumped, events, following
from services.providers.adapters.openai.embeddings import PATH as EMBEDDINGS
from services.providers.adapters.openai.means import PATH as CHATS
from services.providers.adapters.vendor_body import OK
from services.providers.application.ports import Headers
from services.providers.domain.failure import VendorFailure

FIELDS = {
    CHATS: frozenset(
        {
            "frequency_penalty", "logprobs", "max_tokens", "messages", "model", "n", "parallel_tool_calls",
            "presence_penalty", "reasoning_effort", "response_format", "seed", "stop", "stream", "stream_options",
            "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user",
        }
    ),
    EMBEDDINGS: frozenset({"dimensions", "input", "model"}),
}  # fmt: skip
"""What the SDK is told of a request, by path. Other names may mean much to it: `api_base`, `fallbacks`, `mock_response`
and many more would let callers say where their request goes, and with which key."""

_BEARER = "Bearer "
NOT_LOADED = "LiteLLM's SDK could not be imported; providers has logged why."


class LiteLLMHttp:
    """See VendorHttp.

    `sdk`: the module as soon as it is imported, None where it cannot be. `sdk_vendor`: whom it asks.
    """

    def __init__(self, sdk: "asyncio.Task[Sdk | None]", sdk_vendor: str, base_urls: BaseUrls, clock: Clock) -> None:
        self._sdk = sdk
        self._sdk_vendor = sdk_vendor
        self._base_urls = base_urls
        self._clock = clock

    async def post(self, url: str, headers: Headers, body: bytes) -> SdkResponse:
        """See VendorHttp. A stream's headers count as there with its first chunk: some vendors are asked with that."""
        path = CHATS if url.endswith(CHATS) else EMBEDDINGS
        base_url = url.removesuffix(path)
        # A call that ends does not take the SDK from those that wait with it.
        sdk = await asyncio.shield(self._sdk)
        if sdk is None:
            raise VendorFailure(Reason.VENDOR_UNREACHABLE, why=NOT_LOADED, retryable=False)
        if base_url:
            await self._base_urls.check(base_url)
        asked = _read(body, FIELDS[path])
        asked["model"] = models.named(sdk, self._sdk_vendor, str(asked["model"]), base_url)
        asked["api_key"] = dict(headers)["authorization"].removeprefix(_BEARER)
        asked.update(api_base=base_url or None, num_retries=0, max_retries=0)
        try:
            return await (self._embedded(sdk, asked) if path is EMBEDDINGS else self._completed(sdk, asked))
        except Exception as error:  # noqa: BLE001 - whatever the SDK raises is how the vendor failed
            return self._failed(unwrapped(error))

    async def _embedded(self, sdk: Sdk, asked: dict[str, object]) -> SdkResponse:
        return self._whole(await sdk.aembedding(**asked))

    async def _completed(self, sdk: Sdk, asked: dict[str, object]) -> SdkResponse:
        answer = await sdk.acompletion(**asked)
        if not asked.get("stream"):
            return self._whole(answer)
        try:
            first = await following(answer)
        except BaseException:
            await answer.aclose()
            raise
        headers = _headers(answer, "text/event-stream")
        return SdkResponse(OK, headers, events(answer, first), self._clock, answer.aclose)

    def _whole(self, answer: Any) -> SdkResponse:
        return SdkResponse(OK, _headers(answer, "application/json"), whole(dumped(answer)), self._clock)

    def _failed(self, error: Exception) -> SdkResponse:
        status = status_of(error)
        return SdkResponse(status, headers_of(error), whole(body_of(error, status)), self._clock)


def _read(body: bytes, known: frozenset[str]) -> dict[str, object]:
    asked: dict[str, object] = msgspec.json.decode(body)
    if beyond := sorted(asked.keys() - known):
        why = f"LiteLLM's SDK is not told {', '.join(beyond)}."
        raise VendorFailure(Reason.UNSUPPORTED_BY_TARGET, why=why)
    return asked


def _headers(answer: Any, content_type: str) -> dict[str, str]:
    """What the vendor's answer had, and which format it has here."""
    hidden = getattr(answer, "_hidden_params", None)
    told = hidden.get("additional_headers") if isinstance(hidden, Mapping) else None
    given = told if isinstance(told, Mapping) else {}
    headers = {name.removeprefix(PREFIX).lower(): str(value) for name, value in given.items()}
    return headers | {"content-type": content_type}
