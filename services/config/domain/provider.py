"""An account or endpoint at a vendor."""

from dataclasses import dataclass

from chassis.manifest import bounds
from chassis.manifest.urls import check_url
from chassis.manifest.vendors import OWN_FIELDS, TRAVEL, out_of_place
from chassis.secrets import is_reference
from services.config.domain.connection import DIRECT, Connection
from services.config.domain.faults import hold, invalid
from services.config.domain.names import ORGANIZATION, organization_of
from services.config.domain.resource import Reference

MAX_KEYS = 100


@dataclass(frozen=True)
class WeightedKey:
    """A reference to a vendor's key, never the key itself, and how many calls it gets relative to the others."""

    reference: str
    weight: int = 1


@dataclass(frozen=True)
class Provider:
    """Where a vendor is reached, by which keys, and how calls travel there.

    The vendor's own address serves where `base_url` is empty. `region`, `cloud_project`, `api_version` and
    `sdk_vendor` (whom an SDK asks) are empty but for the vendors that have such.
    """

    name: str
    vendor: str
    base_url: str = ""
    keys: tuple[WeightedKey, ...] = ()
    region: str = ""
    cloud_project: str = ""
    api_version: str = ""
    sdk_vendor: str = ""
    connection: Connection = DIRECT

    @property
    def key_weights(self) -> tuple[int, ...]:
        """As many as `keys`; empty where all weigh 1."""
        weights = tuple(key.weight for key in self.keys)
        return weights if any(weight != 1 for weight in weights) else ()

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
        hold("base_url", self.base_url or None, check_url)
        hold("region", self.region or None, bounds.REGION.check)
        hold("cloud_project", self.cloud_project or None, bounds.CLOUD_PROJECT.check)
        hold("api_version", self.api_version or None, bounds.API_VERSION.check)
        hold("sdk_vendor", self.sdk_vendor or None, bounds.SDK_VENDOR.check)
        said = {field: getattr(self, field) for field in ("base_url", *OWN_FIELDS)}
        said |= {field: getattr(self.connection, field) for field in TRAVEL}
        for field, what in out_of_place(self.vendor, said):
            raise invalid(field, what)
        self._check_keys()
        self.connection.check()

    def _check_keys(self) -> None:
        if len(self.keys) > MAX_KEYS:
            raise invalid("keys", f"must be at most {MAX_KEYS}")
        seen: set[str] = set()
        for index, key in enumerate(self.keys):
            if not is_reference(key.reference):
                raise invalid(f"keys[{index}]", "must be a reference, env:NAME or file:/PATH, never the secret itself")
            if key.reference in seen:
                raise invalid(f"keys[{index}]", "is there twice")
            seen.add(key.reference)
            hold(f"key_weights[{index}]", key.weight, bounds.KEY_WEIGHT.check)
