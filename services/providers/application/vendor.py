"""A vendor: whose API is called, and what it speaks to callers of each dialect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from resilience.errors import Failure, Reason
from services.providers.application.ports import Dialect, Grant, Header
from services.providers.domain.dialect import CallerDialect
from services.providers.domain.provider import ProviderDefinition


def at_base_url(vendor: "Vendor", definition: ProviderDefinition) -> "Vendor":
    """`vendor` where the provider says that it is, else where all of its callers meet it."""
    return replace(vendor, base_url=definition.base_url or vendor.base_url)


def shown_itself(secret: str) -> Grant | None:  # noqa: ARG001 - whatever it is
    """No grant: the secret is what the vendor is shown."""
    return None


@dataclass(frozen=True, slots=True)
class Vendor:
    """Whose API it is, and what it speaks to callers of each dialect.

    `base_url` is empty where each provider has its own; `open` says that it may need no key. `by_sdk`: it is called by
    an SDK that knows addresses itself, so that a provider need not have one. `settle`: see `of`.
    `grant` reads a secret, once: how tokens are got that are shown as a bearer in its place; None where it is shown
    itself. It raises Failure where it is of no use, without what is in it. `request_id_headers`: see `request_id`.
    """

    name: str
    dialects: Mapping[CallerDialect, Dialect]
    base_url: str = ""
    open: bool = False
    by_sdk: bool = False
    settle: Callable[["Vendor", ProviderDefinition], "Vendor"] = at_base_url
    grant: Callable[[str], Grant | None] = shown_itself
    request_id_headers: tuple[str, ...] = ()

    def of(self, definition: ProviderDefinition) -> "Vendor":
        """It as one provider meets it: at its address, spoken to as its version wants.

        `base_url` is still empty where the definition does not say enough, unless it is called `by_sdk`. Called once
        for each definition.
        """
        return self.settle(self, definition)

    def request_id(self, header: Header) -> str:
        """What the vendor calls the request that it answered, by the first of its headers that says it."""
        return next((said for name in self.request_id_headers if (said := header(name))), "")

    def spoken_to(self, caller: CallerDialect) -> Dialect:
        """What it speaks to callers of that dialect. Raises Failure(UNSUPPORTED_BY_TARGET)."""
        dialect = self.dialects.get(caller)
        if dialect is None:
            raise Failure(Reason.UNSUPPORTED_BY_TARGET, f"{self.name} does not answer what is asked in {caller}.")
        return dialect
