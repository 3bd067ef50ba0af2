"""How long to wait after a refusal: what the headers say, else what the body does."""

import pytest

from resilience.clock import VirtualClock
from resilience.errors import Reason
from services.providers.adapters.gemini.dialect import GeminiDialect
from services.providers.application.open_way import Way
from services.providers.application.ports import Headers, VendorRequest, VendorResponse
from services.providers.application.providers_in_use import ProviderInUse
from services.providers.application.reachability import Reachability
from services.providers.application.send_request import SendRequest
from services.providers.application.vendor import Vendor
from services.providers.domain.failure import VendorFailure
from services.providers.domain.key_pool import KeyPool
from services.providers.domain.provider import ProviderDefinition

BODY = b'{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"7.5s"}]}}'


class Refusal:
    """A 429 of which only the body says how long to wait, unless `seconds` do."""

    status = 429

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self.abandoned = False

    def header(self, name: str) -> str:
        return ""

    def retry_after(self) -> float | None:
        return self._seconds

    async def read(self, limit: int) -> bytes:
        return BODY

    async def read_some(self, limit: int) -> bytes:
        return BODY

    async def chunk(self) -> bytes | None:
        return None

    def release(self) -> None:
        pass

    async def abandon(self) -> None:
        self.abandoned = True


class Http:
    """Answers everything with that refusal."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal

    async def post(self, url: str, headers: Headers, body: bytes) -> VendorResponse:
        return self._refusal


@pytest.mark.parametrize(("by_header", "wait"), [(None, 7.5), (3.0, 3.0), (0.0, 0.0)])
async def test_what_a_body_asks_to_wait_is_heeded_where_the_headers_ask_nothing(
    by_header: float | None, wait: float
) -> None:
    clock = VirtualClock()
    refusal = Refusal(by_header)
    definition = ProviderDefinition("acme", "google", "gemini", "", ())
    dialect = GeminiDialect(max_event=1)
    provider = ProviderInUse(
        definition,
        Vendor("gemini", {}, open=True),
        "https://vendor",
        "vendor",
        Way(Http(refusal)),
        KeyPool([], clock),
        Reachability(definition, "vendor", clock),
    )
    with pytest.raises(VendorFailure) as failed:
        await SendRequest(agent="test")(provider, dialect, VendorRequest("/models", b"{}"), "")
    assert (failed.value.reason, failed.value.retry_after) == (Reason.VENDOR_RATE_LIMITED, wait)
    assert refusal.abandoned
