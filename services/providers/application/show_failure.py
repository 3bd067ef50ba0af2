"""Makes what a vendor said of its failure fit to leave this process."""

from services.providers.application.providers_in_use import ProviderInUse
from services.providers.domain.failure import VendorFailure
from services.providers.domain.scrub import scrub

MAX_SHOWN_BYTES = 16 * 1024


def show_safely(failure: VendorFailure, provider: ProviderInUse) -> None:
    """Bound the failure's body, and take credentials out of it."""
    # Scrubbed before it is cut: half a secret would not be recognised.
    failure.body = scrub(failure.body[: 2 * MAX_SHOWN_BYTES], provider.secrets)[:MAX_SHOWN_BYTES]
