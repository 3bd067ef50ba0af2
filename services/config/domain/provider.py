"""An account or endpoint at a vendor."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from chassis.manifest import bounds
from chassis.manifest.vendors import SELF_HOSTED
from chassis.secrets import is_reference
from services.config.domain.faults import hold, invalid
from services.config.domain.names import ORGANIZATION, organization_of
from services.config.domain.resource import Reference

MAX_KEYS = 100
MAX_URL = 2048


@dataclass(frozen=True)
class Provider:
    """Where a vendor is reached, and by which keys; `keys` are references, never the secrets."""

    name: str
    vendor: str
    base_url: str = ""
    keys: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        """See Resource."""
        return ORGANIZATION.name(organization_of(self.name))

    @property
    def references(self) -> tuple[Reference, ...]:
        """See Resource."""
        return ()

    def check(self) -> None:
        """See Resource."""
        hold("vendor", self.vendor, bounds.VENDORS.check)
        if self.base_url:
            _check_url(self.base_url)
        elif self.vendor in SELF_HOSTED:
            raise invalid("base_url", f"is required for the vendor {self.vendor}")
        if len(self.keys) > MAX_KEYS:
            raise invalid("keys", f"must be at most {MAX_KEYS}")
        for index, key in enumerate(self.keys):
            if not is_reference(key):
                raise invalid(f"keys[{index}]", "must be a reference, env:NAME or file:/PATH, never the secret itself")
            if key in self.keys[:index]:
                raise invalid(f"keys[{index}]", "is there twice")


def _check_url(url: str) -> None:
    field = "base_url"
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise invalid(field, f"must be at most {MAX_URL} printable ASCII characters without spaces")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise invalid(field, "is not a URL") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise invalid(field, "must be an absolute http or https URL")
    if "@" in parts.netloc:
        raise invalid(field, "must not hold credentials; give them as keys")
    if "?" in url or "#" in url:
        raise invalid(field, "must have no query and no fragment")
