"""The providers that can be called now."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from resilience.errors import Failure, Reason
from services.providers.application.open_way import Way
from services.providers.application.reachability import Reachability
from services.providers.application.tokens import TokenSource
from services.providers.application.vendor import Vendor
from services.providers.domain.credential import Credential
from services.providers.domain.key_pool import KeyPool
from services.providers.domain.provider import ProviderDefinition


@dataclass(frozen=True, slots=True)
class ProviderInUse:
    """A provider with its credentials. `url` is absolute, without a slash at its end; `host` is the URL's.

    `tokens`: of the credentials that are not shown themselves.
    """

    definition: ProviderDefinition
    vendor: Vendor
    url: str
    host: str
    way: Way
    keys: KeyPool
    reachability: Reachability
    tokens: Mapping[Credential, TokenSource] = field(default_factory=dict)

    @property
    def keyless(self) -> bool:
        """Whether it is called without a credential."""
        return self.vendor.open and not self.definition.keys

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be seen in anything that a vendor says."""
        return self.keys.secrets + self.way.secrets


Key = tuple[str, str]
"""Organization and provider id."""


class ProvidersInUse:
    """All of them, replaced as a whole when the configuration changes."""

    def __init__(self) -> None:
        self._providers: Mapping[Key, ProviderInUse] = {}

    def find(self, organization: str, provider: str) -> ProviderInUse:
        """The provider of that name. Raises Failure(UNAVAILABLE): another replica may have newer configuration."""
        found = self._providers.get((organization, provider))
        if found is None:
            raise Failure(Reason.UNAVAILABLE, f"This replica does not know provider {provider!r}.", retryable=True)
        return found

    def get(self, key: Key) -> ProviderInUse | None:
        """The provider of that key, if it is in use."""
        return self._providers.get(key)

    def replace(self, providers: Mapping[Key, ProviderInUse]) -> Mapping[Key, ProviderInUse]:
        """Use these from the next call on; calls under way end as they began. Returns those before."""
        before, self._providers = self._providers, providers
        return before
