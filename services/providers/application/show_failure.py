"""Makes what a vendor said of its failure fit to leave this process."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.providers.application.providers_in_use import ProviderInUse
from services.providers.domain.failure import VendorFailure
from services.providers.domain.scrub import scrub

MAX_SHOWN_BYTES = 16 * 1024


@contextmanager
def shown_safely(provider: ProviderInUse) -> Iterator[None]:
    """A VendorFailure that leaves this has a bounded body, without credentials."""
    try:
        yield
    except VendorFailure as failure:
        # Scrubbed before it is cut: half a secret would not be recognised.
        failure.body = scrub(failure.body[: 2 * MAX_SHOWN_BYTES], provider.secrets)[:MAX_SHOWN_BYTES]
        raise
