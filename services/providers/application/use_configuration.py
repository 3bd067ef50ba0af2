"""Makes providers usable as they are defined: vendor looked up, credentials resolved."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import structlog

from resilience.errors import Failure
from services.providers.application.ports import Secrets, Vendor
from services.providers.application.providers_in_use import Key, ProviderInUse, ProvidersInUse
from services.providers.domain.key_pool import Credential, KeyPool
from services.providers.domain.provider import ProviderDefinition

log = structlog.stdlib.get_logger("configuration")


class UseConfiguration:
    """Called with every new set of definitions; never raises for what is wrong in one of them."""

    def __init__(self, providers: ProvidersInUse, *, vendors: Mapping[str, Vendor], secrets: Secrets) -> None:
        self._providers = providers
        self._vendors = vendors
        self._secrets = secrets

    def __call__(self, definitions: Iterable[ProviderDefinition]) -> None:
        """Replace what is in use. A provider whose definition did not change keeps its pool and its turn."""
        in_use: dict[Key, ProviderInUse] = {}
        for definition in definitions:
            key = (definition.organization, definition.id)
            known = self._providers.get(key)
            provider = known if known is not None and known.definition == definition else self._provider(definition)
            if provider is not None:
                in_use[key] = provider
        self._providers.replace(in_use)

    def _provider(self, definition: ProviderDefinition) -> ProviderInUse | None:
        vendor = self._vendors.get(definition.vendor)
        url = definition.base_url or (vendor.base_url if vendor is not None else "")
        if vendor is None or not url:
            log.warning("a provider cannot be used", provider=definition.id, vendor=definition.vendor, url=url)
            return None
        credentials = [found for reference in definition.keys if (found := self._credential(definition, reference))]
        return ProviderInUse(definition, vendor, url.rstrip("/"), urlsplit(url).hostname or "", KeyPool(credentials))

    def _credential(self, definition: ProviderDefinition, reference: str) -> Credential | None:
        try:
            secret = self._secrets.resolve(reference).strip()
        except Failure as failure:
            # The failure names the reference only where it is one: it may be the secret itself, put in its place.
            log.warning("a credential is left out", provider=definition.id, cause=failure.message)
            return None
        if not secret.isascii() or not secret.isprintable():
            # It cannot be in a header, and would fail every call instead of this one key.
            log.warning("a credential is left out", provider=definition.id, cause=f"{reference} is not printable")
            return None
        return Credential(reference, secret)
