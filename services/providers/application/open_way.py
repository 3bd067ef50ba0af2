"""Opens the way that a provider's calls take: by which proxy, trusting whom, with which headers of the operator's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import structlog

from chassis.manifest.bounds import HEADER_VALUE
from chassis.manifest.travel import check_header_name
from chassis.secrets import is_reference
from resilience.errors import Failure, Reason
from services.providers.application.ports import Connections, Headers, Secrets, VendorHttp, VendorResponse
from services.providers.domain.failure import VendorFailure
from services.providers.domain.provider import ProviderDefinition

log = structlog.stdlib.get_logger("configuration")

_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Way:
    """How one provider is called. `headers`: beside a call's own, which come first. `secrets`: what is in them."""

    http: VendorHttp
    headers: Headers = field(default=(), repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


class NoWay:
    """See VendorHttp: of a provider that cannot be called as it is configured."""

    def __init__(self, why: str) -> None:
        self._why = why

    async def post(self, url: str, headers: Headers, body: bytes) -> VendorResponse:  # noqa: ARG002 - whatever it is
        """See VendorHttp: tells why, without a connection."""
        raise VendorFailure(Reason.VENDOR_UNREACHABLE, why=self._why, retryable=False)


class OpenWay:
    """Called with each definition that is new. Never raises: a way that cannot be opened says so to every call.

    What is missing is never left out: without its proxy a call would reach the vendor from where it must not.
    `by_sdk`: opens the way to providers of a vendor that an SDK calls; raises ValueError, as Connections does.
    """

    def __init__(
        self,
        connections: Connections,
        secrets: Secrets,
        *,
        by_sdk: Mapping[str, Callable[[ProviderDefinition], VendorHttp]] = MappingProxyType({}),
    ) -> None:
        self._connections = connections
        self._secrets = secrets
        self._by_sdk = by_sdk

    def __call__(self, definition: ProviderDefinition) -> Way:
        """The way of that provider."""
        try:
            return self._open(definition)
        except ValueError as error:
            why = f"Provider {definition.id!r} is not called: {error}."
            log.warning("a provider cannot be called", provider=definition.id, cause=why)
            return Way(NoWay(why))

    def _open(self, definition: ProviderDefinition) -> Way:
        if sdk := self._by_sdk.get(definition.vendor):
            return Way(sdk(definition))
        told = definition.connection
        proxy = told.proxy
        if proxy and not proxy.startswith(_SCHEMES):
            proxy = self._secret("proxy", proxy)
        ca = self._secret("ca", told.ca) if told.ca else ""
        headers, secrets = list[tuple[str, str]](), list[str]()
        for name, given in told.headers:
            value = given
            if is_reference(given):
                value = self._secret(f"header {name!r}", given)
                secrets.append(value)
            try:
                headers.append((check_header_name(name).lower(), HEADER_VALUE.check(value)))
            except ValueError as error:
                raise ValueError(f"its header {name!r} {error}") from None
        return Way(self._connections.open(definition.id, proxy, ca), tuple(headers), tuple(secrets))

    def _secret(self, what: str, reference: str) -> str:
        try:
            return self._secrets.resolve(reference).strip()
        except Failure as failure:
            raise ValueError(f"its {what}: {failure.message.rstrip('.')}") from None
