"""Makes providers usable as they are defined: vendor looked up, credentials resolved."""

import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TypeGuard

import structlog

from chassis.http_url import HttpUrl
from resilience.clock import Clock
from resilience.errors import Failure
from services.providers.application.open_way import OpenWay
from services.providers.application.ports import Grant, Secrets
from services.providers.application.providers_in_use import Key, ProviderInUse, ProvidersInUse
from services.providers.application.reachability import Reachability
from services.providers.application.tell_credentials import TellCredentials
from services.providers.application.tokens import Tokens, TokenSource
from services.providers.application.vendor import Vendor
from services.providers.domain.credential import Credential, PooledCredential
from services.providers.domain.key_pool import KeyPool
from services.providers.domain.provider import ProviderDefinition

log = structlog.stdlib.get_logger("configuration")


class UseConfiguration:
    """Called with every new set of definitions; never raises for what is wrong in one of them."""

    def __init__(
        self,
        providers: ProvidersInUse,
        *,
        vendors: Mapping[str, Vendor],
        secrets: Secrets,
        open_way: OpenWay,
        tell: TellCredentials,
        tokens: Tokens,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self._providers = providers
        self._vendors = vendors
        self._secrets = secrets
        self._open_way = open_way
        self._tell = tell
        self._tokens = tokens
        self._clock = clock
        self._rng = rng

    def __call__(self, definitions: Iterable[ProviderDefinition]) -> None:
        """Replace what is in use. A provider whose definition did not change keeps its pool and its turn.

        Where it changed, each credential that is still one of its own stands as it did.
        """
        in_use: dict[Key, ProviderInUse] = {}
        for definition in definitions:
            key = (definition.organization, definition.id)
            known = self._providers.get(key)
            same = known is not None and known.definition == definition
            provider = known if same else self._provider(definition, known)
            if provider is not None:
                in_use[key] = provider
        before = self._providers.replace(in_use)
        for key, gone in before.items():
            self._tell_removed(gone, in_use.get(key))

    def _provider(self, definition: ProviderDefinition, known: ProviderInUse | None) -> ProviderInUse | None:
        known_vendor = self._vendors.get(definition.vendor)
        vendor = known_vendor.of(definition) if known_vendor is not None else None
        url = vendor.base_url.rstrip("/") if vendor is not None else ""
        if vendor is None or not (url or vendor.by_sdk):
            log.warning("a provider cannot be used", provider=definition.id, vendor=definition.vendor, url=url)
            return None
        url, host = _read(url)
        way = self._open_way(definition)
        weights: dict[Credential, int] = {}
        tokens: dict[Credential, TokenSource] = {}
        for key in definition.keys:
            if (found := self._credential(definition, vendor, key.reference)) is not None:
                credential, grant = found
                weights[credential] = weights.get(credential, 0) + key.weight
                if grant is not None:
                    before = known.tokens.get(credential) if _travels_alike(known, definition) else None
                    tokens[credential] = before or self._tokens.by(grant, way.http)
        kept = {key.credential: key for key in known.keys.keys} if known is not None and known.url == url else {}
        keys = [kept.get(credential) or self._pooled(definition, credential) for credential in weights]
        reachability = Reachability(definition, host, self._clock)
        return ProviderInUse(
            definition,
            vendor,
            url,
            host,
            way,
            KeyPool(keys, self._clock, tuple(weights.values())),
            reachability,
            tokens,
        )

    def _pooled(self, definition: ProviderDefinition, credential: Credential) -> PooledCredential:
        tell = partial(self._tell.changed, definition)
        return PooledCredential(credential, clock=self._clock, rng=self._rng, tell=tell)

    def _tell_removed(self, before: ProviderInUse, after: ProviderInUse | None) -> None:
        if before is after:
            return
        left = {key.credential.reference for key in after.keys.keys} if after is not None else set()
        for key in before.keys.keys:
            if key.credential.reference not in left:
                self._tell.removed(before.definition, key)

    def _credential(
        self, definition: ProviderDefinition, vendor: Vendor, reference: str
    ) -> tuple[Credential, Grant | None] | None:
        """The credential, and how its tokens are got where it is not shown itself; None where it is of no use."""
        try:
            secret = _on_one_line(self._secrets.resolve(reference).strip())
        except Failure as failure:
            # The failure names the reference only where it is one: it may be the secret itself, put in its place.
            log.warning("a credential is left out", provider=definition.id, cause=failure.message)
            return None
        if not secret.isascii() or not secret.isprintable():
            # It cannot be in a header, and would fail every call instead of this one key.
            log.warning("a credential is left out", provider=definition.id, cause=f"{reference} is not printable")
            return None
        try:
            return Credential(reference, secret), vendor.grant(secret)
        except Failure as failure:
            log.warning("a credential is left out", provider=definition.id, cause=f"{reference}: {failure.message}")
            return None


def _on_one_line(secret: str) -> str:
    """A JSON document without what is only its layout: its strings have no lines. Any other secret as it is."""
    return "".join(map(str.strip, secret.splitlines())) if secret.startswith("{") else secret


def _travels_alike(known: ProviderInUse | None, definition: ProviderDefinition) -> TypeGuard[ProviderInUse]:
    """Whether what was got for the provider as it was came the way that it would now."""
    return known is not None and known.definition.connection == definition.connection


def _read(url: str) -> tuple[str, str]:
    """The URL in the one way in which it is called, and its host; that is empty where it is none, as each call says."""
    try:
        read = HttpUrl.read(url)
    except ValueError:
        return url, ""
    return str(read), read.host
