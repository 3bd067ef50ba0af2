"""Whether a provider's base URL may be called, found out before LiteLLM's SDK calls it."""

from dataclasses import dataclass
from ipaddress import ip_address

from chassis.addresses import AddressPolicy
from chassis.http_url import HttpUrl
from resilience.errors import Reason
from services.providers.adapters.http.line import Resolve
from services.providers.domain.failure import VendorFailure


@dataclass(frozen=True, slots=True)
class BaseUrls:
    """Called with each call's. What the SDK resolves by itself after that, and is redirected to, is not seen here."""

    policy: AddressPolicy
    resolve: Resolve

    async def check(self, base_url: str) -> None:
        """Raise VendorFailure(VENDOR_UNREACHABLE) where it may not be called, or has no address."""
        try:
            url = HttpUrl.read(base_url)
        except ValueError:
            why = "The provider's base URL is not usable."
            raise VendorFailure(Reason.VENDOR_UNREACHABLE, why=why, retryable=False) from None
        if url.address is not None:
            addresses = [url.address]
        else:
            try:
                addresses = [ip_address(found) for found in await self.resolve(url.host)]
            except (OSError, UnicodeError):
                why = "The vendor could not be reached: its name could not be resolved."
                raise VendorFailure(Reason.VENDOR_UNREACHABLE, why=why) from None
        for address in addresses:
            if refusal := self.policy.refusal(address):
                why = f"{url.host} is not called: it leads to {refusal}, which is not allowed."
                raise VendorFailure(Reason.VENDOR_UNREACHABLE, why=why, retryable=False)
