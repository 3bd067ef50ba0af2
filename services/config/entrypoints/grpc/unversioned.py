"""What snapshots hold that no version counts: it changes with config's own version and settings, at a restart."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from services.config.entrypoints.grpc.price_codecs import EncodedCatalogue


@dataclass(frozen=True)
class Unversioned:
    """The vendors' list prices, and where each vendor is served: `host:port` by its name."""

    catalogue: EncodedCatalogue
    providers_addresses: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        """Of all that it says, in hex: whoever has another one gets a snapshot, whatever version he has."""
        digest = hashlib.sha256(self.catalogue.digest.encode())
        for vendor, address in sorted(self.providers_addresses.items()):
            digest.update(f"\n{vendor}={address}".encode())
        return digest.hexdigest()[:16]
